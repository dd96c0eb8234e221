import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CancelScope } from 'corral'
import { describe, expect, test } from 'vitest'
import { exportStore } from '../../src/export/export-store.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { FrontierEntry, Outcome } from '../../src/store/outcome.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

function pageOutcome(entry: FrontierEntry, title: string, data?: unknown): Outcome {
  const page = {
    status: 200,
    contentType: 'text/html',
    title,
    bytes: 12,
    noindex: true,
    attempts: 1,
    fetchedAt: 1_800_000_000_000,
    durationMs: 5,
    ...(data === undefined ? {} : { data: JSON.stringify(data) }),
  }
  return { result: 'page', entry, page, links: [] }
}

function failureOutcome(entry: FrontierEntry, kind: string, code: string): Outcome {
  const failure = { kind, code, message: 'no', attempts: 4, failedAt: 1_800_000_000_000 }
  return { result: 'failure', entry, failure }
}

/** A store with two failures, and as many pages as wanted. */
async function storeIn(directory: string, pages = 1, data: unknown[] = []): Promise<string> {
  const file = join(directory, 'crawl.db')
  await using store = await openStore(file)
  await store.seed(Array.from({ length: pages + 2 }, (_, each) => `http://a.test/${each}`))
  const [first, second, ...others] = await store.claim(pages + 2, pages + 2)
  await store.commit([
    failureOutcome(first as FrontierEntry, 'http', '404'),
    failureOutcome(second as FrontierEntry, 'dns', 'ENOTFOUND'),
    ...others.map((entry, index) => pageOutcome(entry, '=1+1, "x"', data[index])),
  ])
  return file
}

describe('exportStore', () => {
  test('writes lines of JSON, pages first', async () => {
    const directory = temporaryDirectory()
    const out = join(directory, 'out.jsonl')
    expect(await exportStore(await storeIn(directory), out)).toBe(3)
    const rows = readFileSync(out, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as object)
    expect(rows).toEqual([
      {
        url: 'http://a.test/2',
        status: 200,
        error: null,
        content_type: 'text/html',
        title: '=1+1, "x"',
        bytes: 12,
        depth: 0,
        redirect_url: null,
        canonical: null,
        noindex: true,
        note: null,
        attempts: 1,
        fetched_at: '2027-01-15T08:00:00.000Z',
        duration_ms: 5,
        data: null,
      },
      expect.objectContaining({ url: 'http://a.test/0', status: 404, error: 'http 404: no' }),
      expect.objectContaining({ url: 'http://a.test/1', status: null, error: 'dns ENOTFOUND: no' }),
    ])
  })

  test('writes CSV that calculates nothing', async () => {
    const directory = temporaryDirectory()
    const out = join(directory, 'out.csv')
    await exportStore(await storeIn(directory), out)
    const [head, page] = readFileSync(out, 'utf8').split('\r\n')
    expect(head?.startsWith('url,status,error,')).toBe(true)
    expect(page).toBe(
      `http://a.test/2,200,,text/html,"'=1+1, ""x""",12,0,,,true,,1,2027-01-15T08:00:00.000Z,5,`,
    )
  })

  test('gives every field of what was extracted a column in CSV', async () => {
    const directory = temporaryDirectory()
    const store = await storeIn(directory, 4, [
      { name: '=hay', price: 1.5, tags: ['a', 'b'] },
      undefined,
      { name: null, inStock: true },
    ])
    const out = join(directory, 'out.csv')
    await exportStore(store, out)
    const rows = readFileSync(out, 'utf8')
      .split('\r\n')
      .map((line) => line.split(',5,')[1] ?? line.split(',duration_ms,')[1])
    expect(rows).toEqual([
      'data.name,data.price,data.tags,data.inStock',
      `"'=hay",1.5,"[""a"",""b""]",`,
      ',,,',
      ',,,true',
      ',,,',
      undefined,
      undefined,
      undefined,
    ])
  })

  test('keeps what has no fields in one column, and writes a byte order mark where that is asked for', async () => {
    const directory = temporaryDirectory()
    const store = await storeIn(directory, 2, [{ name: 'hay' }, 'a text'])
    const out = join(directory, 'out.csv')
    await exportStore(store, out, { bom: true })
    const [head, one, two] = readFileSync(out, 'utf8').split('\r\n')
    expect(head).toMatch(/^\uFEFFurl,.*,data$/)
    expect([one, two]).toEqual([
      expect.stringMatching(/,5,"{""name"":""hay""}"$/),
      expect.stringMatching(/,5,a text$/),
    ])
  })

  test('refuses a file whose name does not say what it is to be', async () => {
    const store = await storeIn(temporaryDirectory())
    await expect(exportStore(store, 'out.xlsx')).rejects.toThrow(
      'exportStore: file must be a name that ends in .csv or .jsonl, got "out.xlsx"',
    )
  })

  test('replaces a file only when it is complete', async () => {
    const directory = temporaryDirectory()
    const store = await storeIn(directory, 2000)
    const out = join(directory, 'out.csv')
    writeFileSync(out, 'as it was')
    const scope = new CancelScope()
    await scope.run(async () => {
      scope.cancel('enough')
      await exportStore(store, out)
    })
    expect(scope.cancelledCaught).toBe(true)
    expect(readFileSync(out, 'utf8')).toBe('as it was')
    expect(readdirSync(directory).toSorted()).toEqual(['crawl.db', 'out.csv'])

    expect(await exportStore(store, out)).toBe(2002)
    expect(readFileSync(out, 'utf8').split('\r\n')).toHaveLength(2004)
  })

  test('leaves nothing behind when the file cannot be written, or there is no store', async () => {
    const directory = temporaryDirectory()
    const store = await storeIn(directory)
    mkdirSync(join(directory, 'taken.csv'))
    await expect(exportStore(store, join(directory, 'taken.csv'))).rejects.toThrow(
      /EISDIR|directory/,
    )
    await expect(exportStore(store, join(directory, 'no', 'out.csv'))).rejects.toThrow('ENOENT')
    const missing = join(directory, 'missing.db')
    await expect(exportStore(missing, join(directory, 'out.csv'))).rejects.toThrow('is not there')
    expect(readdirSync(directory).toSorted()).toEqual(['crawl.db', 'taken.csv'])
    expect(existsSync(missing)).toBe(false)
  })
})
