import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defaultUserAgent, openStore } from '@corral/crawl'
import { describe, expect, test } from 'vitest'
import { exportColumns } from '../src/export/export-row.ts'
import { crawlOptions } from '../src/options/crawl-options.ts'
import { entriesOf, flagName } from '../src/options/option.ts'
import { temporaryDirectory } from './command.ts'

const guide = readFileSync(new URL('../../../docs/crawl.md', import.meta.url), 'utf8')

describe('the guide to crawling', () => {
  test('has every option with its value and default, in the order of the help', () => {
    const section = guide.slice(guide.indexOf('\n## Options'), guide.indexOf('\n## For programs'))
    const rows = [...section.matchAll(/^\| (`-.*?) (?<!\\)\| (.*?) \|/gm)].map(
      ([, flag, initial]) => [
        flag
          ?.replaceAll(/`|\\/g, '')
          .replace(/^-\w, /, '')
          .trim(),
        initial?.replaceAll('`', '').trim(),
      ],
    )
    const known = entriesOf(crawlOptions).map(([name, { takes }]) =>
      takes === undefined ? `--${flagName(name)}` : `--${flagName(name)} ${takes.placeholder}`,
    )
    expect(rows.map(([flag]) => flag)).toEqual(known)
    const defaults = new Map(rows.map(([flag, initial]) => [flag?.split(' ')[0], initial]))
    for (const [name, { initial }] of entriesOf(crawlOptions)) {
      if (initial !== undefined) expect(defaults.get(`--${flagName(name)}`)).toBe(initial)
    }
    expect(defaults.get('--user-agent')).toBe(defaultUserAgent.replace(/\(.*\)/, '(...)'))
  })

  test('has queries that a store can answer', async () => {
    const file = join(temporaryDirectory(), 'crawl.db')
    await using store = await openStore(file)
    await store.seed(['http://a.test/'])
    using db = new DatabaseSync(file, { readOnly: true })
    const queries = guide.match(/```sql\n([^]*?)```/)?.[1]?.split(';\n') ?? []
    const answers = queries.filter((sql) => sql.trim() !== '').map((sql) => db.prepare(sql).all())
    expect(answers).toEqual([[], [], []])
    for (const [, view, columns = ''] of guide.matchAll(
      /^\| `(pages|links|errors|frontier)` +\| (.*) \|$/gm,
    )) {
      const listed = columns.replaceAll('`', '').trim().split(', ')
      const known = db.prepare(`SELECT name FROM pragma_table_info('${view}')`).all()
      expect(new Set(listed)).toEqual(new Set(known.map(({ name }) => name)))
    }
  })

  test('names every column of an export', () => {
    const section = guide.slice(guide.indexOf('\n## Results'), guide.indexOf('\n## Options'))
    expect(exportColumns.filter((column) => !section.includes(`\`${column}\``))).toEqual([])
  })
})
