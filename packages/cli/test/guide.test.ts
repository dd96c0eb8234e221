import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defaultUserAgent, exportColumns, openStore } from '@corral/crawl'
import { describe, expect, test } from 'vitest'
import { crawlOptions } from '../src/options/crawl-options.ts'
import { ConfigFile } from '../src/options/config-file.ts'
import { entriesOf } from '../src/options/option.ts'
import { configKeys } from '../src/options/read-settings.ts'
import { temporaryDirectory } from './command.ts'
import { documentedTables, optionTables, withoutBlanks } from './options-table.ts'

const guide = readFileSync(new URL('../../../docs/crawl.md', import.meta.url), 'utf8')

describe('the guide to crawling', () => {
  test('has every option with its value and default, as the help has them', () => {
    expect(documentedTables()).toBe(withoutBlanks(optionTables()))
    expect(guide).toContain(`\`${defaultUserAgent}\``)
  })

  test('names every key of a config file that is no option', () => {
    const names = new Set(entriesOf(crawlOptions).map(([name]) => name))
    const section = guide.slice(
      guide.indexOf('\n### A config file'),
      guide.indexOf('\n### Completion'),
    )
    const others = configKeys.filter((key) => !names.has(key))
    expect(others.filter((key) => !section.includes(`\`${key}\``))).toEqual([])
    const [, json = ''] = /```json\n([^]*?)```/.exec(section) ?? []
    const file = join(temporaryDirectory(), 'c.json')
    writeFileSync(file, json)
    const config = ConfigFile.read(file, configKeys)
    expect(config.values(entriesOf(crawlOptions)).size).toBeGreaterThan(3)
    expect(config.urls()).not.toEqual([])
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
      /^\| `(pages|records|links|errors|frontier)` +\| (.*) \|$/gm,
    )) {
      const listed = columns.replaceAll('`', '').trim().split(', ')
      const known = db.prepare(`SELECT name FROM pragma_table_info('${view}')`).all()
      expect(new Set(listed)).toEqual(new Set(known.map(({ name }) => name)))
    }
  })

  test('names every column of an export', () => {
    const section = guide.slice(guide.indexOf('\n## Results'), guide.indexOf('\n## Settings'))
    expect(exportColumns.filter((column) => !section.includes(`\`${column}\``))).toEqual([])
  })
})
