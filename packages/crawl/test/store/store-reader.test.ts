import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { FrontierEntry } from '../../src/store/outcome.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { openStore } from '../../src/store/open-store.ts'
import { failureOutcome, link, pageOutcome } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

describe('StoreReader', () => {
  test('reads pages, links and errors while the store is written', async () => {
    const file = join(temporaryDirectory(), 'crawl.db')
    await using store = await openStore(file)
    await store.seed(['http://a.test/1', 'http://a.test/2', 'http://a.test/3'])
    const [one, two, three] = (await store.claim(3, 3)) as [
      FrontierEntry,
      FrontierEntry,
      FrontierEntry,
    ]
    await store.commit([pageOutcome(one, [link('http://a.test/2')]), failureOutcome(two)])

    using reader = new StoreReader(file)
    const pages = reader.pages()
    expect(pages.next().value).toMatchObject({
      url: 'http://a.test/1',
      status: 200,
      title: 'A page',
    })
    await store.commit([pageOutcome(three, [], link('http://a.test/1'))])
    expect(pages.next().done).toBe(true)

    expect([...reader.pages()].map((page) => page.url)).toEqual([
      'http://a.test/1',
      'http://a.test/3',
    ])
    expect([...reader.links()]).toEqual([
      { from_url: 'http://a.test/1', to_url: 'http://a.test/2', kind: 'anchor', nofollow: 0 },
    ])
    expect([...reader.errors()]).toMatchObject([
      { url: 'http://a.test/2', kind: 'http', code: '404' },
    ])
    expect([...reader.brokenLinks()]).toEqual([
      { from_url: 'http://a.test/1', to_url: 'http://a.test/2', kind: 'http', code: '404' },
    ])
    expect(reader.counts()).toEqual(store.counts)
    expect(reader.failures().map((row) => ({ ...row }))).toEqual([
      { kind: 'http', code: '404', count: 1 },
    ])
    expect(reader.statuses().map((row) => ({ ...row }))).toEqual([
      { status: 200, count: 1 },
      { status: 301, count: 1 },
    ])
  })

  test('leaves nothing beside the file, and nothing of a crawl that goes on away', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'crawl.db')
    await (await openStore(file)).close()
    new StoreReader(file).close()
    expect(readdirSync(directory)).toEqual(['crawl.db'])

    await using store = await openStore(file)
    await store.seed(['http://a.test/1'])
    new StoreReader(file).close()
    await store.seed(['http://a.test/2'])
    using reader = new StoreReader(file)
    expect(reader.counts()).toMatchObject({ queued: 2 })
  })

  test('says what is wrong with a file that is no store', () => {
    const directory = temporaryDirectory()
    const open = (file: string): string => {
      try {
        new StoreReader(file).close()
        return 'opened'
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    const file = join(directory, 'x')
    expect(open(file)).toBe('STORE_MISSING')
    expect(open(directory)).toBe('STORE_IS_DIRECTORY')
    writeFileSync(file, '')
    expect(open(file)).toBe('STORE_MISSING')
    writeFileSync(file, 'no database\n'.repeat(100))
    expect(open(file)).toBe('STORE_NOT_SQLITE')
    using other = new DatabaseSync(join(directory, 'other.db'))
    other.exec('CREATE TABLE pages (x)')
    expect(open(join(directory, 'other.db'))).toBe('STORE_FOREIGN')
  })
})
