import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, startDemoSite } from '@corral/crawl'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runCommand, temporaryDirectory } from '../command.ts'

/** A directory with a finished small crawl of the demo site in it. */
async function crawled(): Promise<string> {
  const site = await startDemoSite()
  onTestFinished(() => site.close())
  const cwd = temporaryDirectory()
  const args = ['crawl', site.url, '--depth', '1', '--include', '/(chapter/1/|missing/|gone)']
  expect(await runCommand(args, cwd)).toMatchObject({ code: 0 })
  return cwd
}

describe('corral crawl status, failures and export', () => {
  test('tell what a store has', async () => {
    const cwd = await crawled()
    const [status, json, failures, rows] = await Promise.all([
      runCommand(['crawl', 'status'], cwd),
      runCommand(['crawl', 'status', '--json'], cwd),
      runCommand(['crawl', 'failures'], cwd),
      runCommand(['crawl', 'failures', '--json'], cwd),
    ])
    expect(status.stdout).toMatch(/^ {2}pages {4}2\n {2}bytes .*\n {2}answers {2}2xx 2, 4xx 8\n/)
    expect(JSON.parse(json.stdout)).toMatchObject({
      type: 'status',
      store: 'crawl.db',
      pages: 2,
      failed: 8,
      statuses: { 200: 2, 404: 7, 410: 1 },
    })
    const lines = failures.stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(8)
    expect(lines.toSorted().at(-1)).toMatch(
      /^410 {2}http:\/\/127.0.0.1:\d+\/gone {2}status 410 Gone$/,
    )
    expect(
      rows.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toContainEqual(expect.objectContaining({ kind: 'http', code: '410', attempts: 1 }))
    expect([status, json, failures, rows].map(({ stderr }) => stderr).join('')).toBe('')

    const exported = await runCommand(['crawl', 'export', 'out.jsonl'], cwd)
    expect(exported).toMatchObject({
      code: 0,
      stdout: '10 rows written to out.jsonl\n',
      stderr: '',
    })
  })

  test('queue what failed again, for the next crawl', async () => {
    const cwd = await crawled()
    const retried = await runCommand(['crawl', 'retry-failed'], cwd)
    expect(retried).toMatchObject({
      code: 0,
      stdout: '8 URLs of crawl.db queued again: give the crawl command again\n',
      stderr: '',
    })
    const { stdout } = await runCommand(['crawl', 'status', '--json'], cwd)
    expect(JSON.parse(stdout)).toMatchObject({ pages: 2, failed: 0, queued: 8, failures: {} })
    const none = await runCommand(['crawl', 'retry-failed', '--store', 'no.db'], cwd)
    expect(none).toMatchObject({
      code: 1,
      stderr: 'corral crawl: store no.db is not there; crawl into it first\n',
    })
    expect(readdirSync(cwd)).toEqual(['crawl.db'])
  })

  test('show a crawl that still runs', async () => {
    const cwd = temporaryDirectory()
    await using store = await openStore(join(cwd, 'crawl.db'))
    await store.seed(['http://a.test/1', 'http://a.test/2'])
    const { stdout } = await runCommand(['crawl', 'status'], cwd)
    expect(stdout).toContain('  pages    0\n')
    expect(stdout).toContain('  queued   2\n')
  })

  test.each([['status'], ['failures'], ['export', 'out.csv']])(
    'fail with one line where there is no store: %s',
    async (...args) => {
      const cwd = temporaryDirectory()
      writeFileSync(join(cwd, 'notes.txt'), 'no database\n'.repeat(100))
      const run = (file: string) => runCommand(['crawl', ...args, '--store', file], cwd)
      expect(await Promise.all([run('crawl.db'), run('notes.txt')])).toEqual([
        {
          code: 1,
          signal: null,
          stdout: '',
          stderr: 'corral crawl: store crawl.db is not there; crawl into it first\n',
        },
        {
          code: 1,
          signal: null,
          stdout: '',
          stderr: 'corral crawl: notes.txt is no SQLite database; name another store\n',
        },
      ])
    },
  )
})

describe('corral crawl extract', () => {
  async function kept(...options: string[]): Promise<string> {
    const site = await startDemoSite()
    const cwd = temporaryDirectory()
    const args = ['crawl', site.url, '--depth', '1', '--include', '/chapter/1/', ...options]
    expect(await runCommand(args, cwd)).toMatchObject({ code: 0 })
    await site.close()
    return cwd
  }

  test('reads other fields from the bodies that were kept, when the site is gone', async () => {
    const cwd = await kept('--keep', 'bodies')
    expect(await runCommand(['crawl', 'extract', 'heading=h1', 'links[]=a@href'], cwd)).toEqual({
      code: 0,
      signal: null,
      stdout: '2 records of crawl.db extracted from the bodies that were kept\n',
      stderr: '',
    })
    expect(await runCommand(['crawl', 'export', 'out.jsonl'], cwd)).toMatchObject({ code: 0 })
    const rows = readFileSync(join(cwd, 'out.jsonl'), 'utf8').trimEnd().split('\n')
    expect(rows.map((row) => (JSON.parse(row) as { data: unknown }).data)).toEqual([
      { heading: 'The Corral Handbook', links: expect.any(Array) as unknown },
      { heading: expect.any(String) as unknown, links: expect.any(Array) as unknown },
    ])
    const json = await runCommand(['crawl', 'extract', '--extract', 't=title', '--json'], cwd)
    expect(JSON.parse(json.stdout)).toEqual({
      type: 'extract',
      store: 'crawl.db',
      pages: 2,
      failed: 0,
    })
  })

  test('says what is missing', async () => {
    const cwd = await kept()
    expect(await runCommand(['crawl', 'extract', 'heading=h1'], cwd)).toMatchObject({
      code: 1,
      stderr: 'corral crawl: crawl.db has no bodies of pages; crawl with --keep bodies\n',
    })
    expect(await runCommand(['crawl', 'extract'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'nothing to extract; give a name and a CSS selector',
      ) as string,
    })
    expect(await runCommand(['crawl', 'extract', 'heading'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'what is extracted must be a name and a CSS selector',
      ) as string,
    })
    expect(await runCommand(['crawl', 'extract', 'heading=h1['], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('extract must have a CSS selector, got "h1["') as string,
    })
  })
})
