import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { FrontierEntry } from '../../src/store/outcome.ts'
import { schemaVersion } from '../../src/store/schema.ts'
import { openStore } from '../../src/store/open-store.ts'
import { link, pageOutcome } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

describe('openStore', () => {
  test('refuses a directory, and a file in a directory that is not there', async () => {
    const directory = temporaryDirectory()
    await expect(openStore(directory)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'STORE_IS_DIRECTORY',
      message: `store ${directory} is a directory; name a file`,
    })
    await expect(openStore(join(directory, 'no', 'x.db'))).rejects.toMatchObject({
      code: 'STORE_NO_DIRECTORY',
    })
    expect(readdirSync(directory)).toEqual([])
  })

  test('refuses a file that is no SQLite database and leaves it as it is', async () => {
    const file = join(temporaryDirectory(), 'notes.txt')
    writeFileSync(file, 'not a database, and long enough to be taken for one\n'.repeat(50))
    const before = readFileSync(file)
    await expect(openStore(file)).rejects.toMatchObject({
      code: 'STORE_NOT_SQLITE',
      message: `${file} is no SQLite database; name another store`,
    })
    expect(readFileSync(file)).toEqual(before)
    expect(readdirSync(join(file, '..'))).toEqual(['notes.txt'])
  })

  test("refuses another program's database and leaves it as it is", async () => {
    const file = join(temporaryDirectory(), 'other.db')
    new DatabaseSync(file).exec('CREATE TABLE pages (x)')
    const before = readFileSync(file)
    await expect(openStore(file)).rejects.toMatchObject({ code: 'STORE_FOREIGN' })
    expect(readFileSync(file)).toEqual(before)
  })

  test('refuses a store of a newer version', async () => {
    const file = join(temporaryDirectory(), 'crawl.db')
    await (await openStore(file)).close()
    new DatabaseSync(file).exec(`PRAGMA user_version = ${schemaVersion + 1}`)
    await expect(openStore(file)).rejects.toMatchObject({ code: 'STORE_NEWER' })
  })

  test('refuses a database that another program has locked', async () => {
    const file = join(temporaryDirectory(), 'crawl.db')
    await (await openStore(file)).close()
    using other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    await expect(openStore(file, { lockTimeout: 50 })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    })
    other.exec('ROLLBACK; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    await expect(openStore(file, { lockTimeout: 50 })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    })
    other.exec('ROLLBACK')
    await (await openStore(file)).close()
  })

  test('refuses a store that another crawl has open, until that one closes it', async () => {
    const file = join(temporaryDirectory(), 'crawl.db')
    const first = await openStore(file)
    await expect(openStore(file)).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    await first.close()
    await (await openStore(file)).close()
    expect(readdirSync(join(file, '..'))).toEqual(['crawl.db'])
  })

  test.skipIf(process.getuid?.() === 0)('refuses what it may not write', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'crawl.db')
    await (await openStore(file)).close()
    chmodSync(file, 0o444)
    await expect(openStore(file)).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
    mkdirSync(join(directory, 'closed'), { mode: 0o555 })
    await expect(openStore(join(directory, 'closed', 'x.db'))).rejects.toMatchObject({
      code: 'STORE_READ_ONLY',
    })
  })

  test('refuses what cannot be a database at all', async () => {
    await expect(openStore('/dev/null/x.db')).rejects.toMatchObject({ code: 'STORE_NO_DIRECTORY' })
  })
})

describe('Store', () => {
  test('stores what it is given and hands out the queue, while others read', async () => {
    const file = join(temporaryDirectory(), 'crawl.db')
    await using store = await openStore(file)
    await store.seed(['http://a.test/'])
    const [root] = (await store.claim(10, 10)) as [FrontierEntry]
    const links = [
      link('http://a.test/x'),
      link('http://b.test/?a=%20b', 'host'),
      link('http://a.test/y', 'nofollow'),
    ]
    await store.commit([pageOutcome(root, links), { result: 'skip', entry: root, reason: 'late' }])
    expect(store.counts).toMatchObject({ queued: 1, pages: 1, skipped: 2 })
    expect(await store.claim(10, 10)).toMatchObject([{ url: 'http://a.test/x', depth: 1, hops: 0 }])

    using reader = new DatabaseSync(file, { readOnly: true })
    const found = reader.prepare('SELECT url, reason FROM frontier WHERE reason IS NOT NULL').all()
    expect(found.map((row) => ({ ...row }))).toEqual([
      { url: 'http://b.test/?a=%20b', reason: 'host' },
      { url: 'http://a.test/y', reason: 'nofollow' },
    ])
  })

  test('serves what was asked before it was closed and refuses what comes after', async () => {
    const store = await openStore(join(temporaryDirectory(), 'crawl.db'))
    const seeded = store.seed(['http://a.test/'])
    const closed = store.close()
    await expect(store.claim(1, 1)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await seeded
    await closed
    await store.close()
    expect(store.counts.queued).toBe(1)
  })

  test('tells its callers what failed and goes on', async () => {
    await using store = await openStore(join(temporaryDirectory(), 'crawl.db'), {
      maxFileSize: 200_000,
    })
    await store.seed(['http://a.test/'])
    const [root] = (await store.claim(1, 1)) as [FrontierEntry]
    const links = Array.from({ length: 5000 }, (_, index) => link(`http://a.test/${index}`))
    await expect(store.commit([pageOutcome(root, links)])).rejects.toMatchObject({
      name: 'StoreError',
      code: 'STORE_FULL',
    })
    await store.commit([pageOutcome(root)])
    expect(store.counts.pages).toBe(1)
  })

  test('survives kill -9 at any moment: a page is there with all its links, or not at all', async () => {
    const file = join(temporaryDirectory(), 'crawl.db')
    const script = new URL('./endless-writer.ts', import.meta.url).pathname
    let pages = -1
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ['--conditions=@corral/source', script, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      // It says so once its first commits are confirmed.
      const confirmed = await new Promise<number>((resolve) => {
        child.stdout.once('data', (text: Buffer) =>
          resolve(Number(String(text).trim().split('\n').at(-1))),
        )
      })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended

      const store = await openStore(file)
      const counts = store.counts
      await store.close()
      using reader = new DatabaseSync(file, { readOnly: true })
      const value = (sql: string): unknown => reader.prepare(sql).get()?.['n']
      expect(counts.pages).toBeGreaterThanOrEqual(confirmed)
      expect(value('SELECT count(*) AS n FROM page')).toBe(counts.pages)
      expect(value('SELECT count(*) AS n FROM url WHERE state = 0')).toBe(counts.queued)
      expect(value('SELECT count(*) AS n FROM link')).toBe(counts.pages * 3)
      expect({ ...reader.prepare('PRAGMA integrity_check').get() }).toEqual({
        integrity_check: 'ok',
      })
      expect(counts.pages).toBeGreaterThan(pages)
      pages = counts.pages
    }
  })
})
