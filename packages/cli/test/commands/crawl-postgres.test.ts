import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDemoSite } from '@corral/crawl'
import { openTestPostgres } from '@corral/db/testing'
import { expect, test } from 'vitest'
import { runCommand, temporaryDirectory, type Ended } from '../command.ts'

test('every command takes the URL of a database for a store, and never shows its password', async () => {
  await using site = await startDemoSite()
  await using postgres = await openTestPostgres()
  const cwd = temporaryDirectory()
  const url = new URL(postgres.url)
  if (url.username === '') url.username = 'postgres'
  if (url.password === '') url.password = 'hush-hush'
  const plan = [site.url, '--depth', '1', '--include', '/(chapter/1/|missing/|gone)']

  /** Everything that is said of a store, with its name left out. */
  const tell = async (store: string): Promise<string[]> => {
    const on = ['--store', store]
    const ended: Ended[] = [await runCommand(['crawl', ...plan, ...on, '--quiet'], cwd)]
    for (const words of [
      ['status'],
      ['failures'],
      ['skipped', '--json'],
      ['export', 'out.csv'],
      ['report', 'out.html'],
      ['retry-failed'],
    ]) {
      ended.push(await runCommand(['crawl', ...words, ...on], cwd))
    }
    const shown = store.replace(/\/\/.*@/, '//***@')
    for (const { code, stdout, stderr } of ended) {
      expect({ code, stderr }).toMatchObject({ code: 0 })
      expect(stdout + stderr).not.toContain('hush')
    }
    const files = ['out.csv', 'out.html'].map((name) => readFileSync(join(cwd, name), 'utf8'))
    return [...ended.map(({ stdout }) => stdout), ...files].map((text) =>
      text
        .replaceAll(shown, 'STORE')
        .replaceAll(`'${shown}'`, 'STORE')
        .replace(/^ +(time|rate|bytes) .*$/gm, '')
        .replace(/,20\d\d-.*?Z,\d*/g, '')
        .replace(/\d+(\.\d+)? m?s\b|[\d:.-]+ UTC|[\d:]+(\.\d+)?Z?/g, ''),
    )
  }
  const [crawled, status, failures, skipped, exported, report, retried, csv, html] = await tell(
    url.href,
  )
  const inFile = await tell('crawl.db')
  expect(failures).toBe(inFile[2])
  expect(skipped).toBe(inFile[3])
  expect(csv).toBe(inFile[7])
  expect(exported).toBe(inFile[4])
  expect(report).toBe(inFile[5])
  expect(crawled).toContain('STORE')
  expect(status).toContain('pages')
  expect(retried).toContain('URLs of STORE queued again')
  expect(html).toContain('Broken links')

  const wrong = await runCommand(
    ['crawl', site.url, '--store', 'postgres://me:hush-hush@127.0.0.1:1/x'],
    cwd,
  )
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toContain('postgres://127.0.0.1:1/x')
  expect(wrong.stderr).not.toContain('hush')
}, 120_000)
