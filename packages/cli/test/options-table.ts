// The options of `corral crawl` as docs/crawl.md has them; run by itself, it writes them there:
// node --conditions=@corral/source packages/cli/test/options-table.ts && npm run format
import { readFileSync, writeFileSync } from 'node:fs'
import { crawlOptions } from '../src/options/crawl-options.ts'
import { entriesOf, flagOf, type AnyOption } from '../src/options/option.ts'

const guide = new URL('../../../docs/crawl.md', import.meta.url)
/** What the tables stand between. */
const section = /(?<=\n<!-- options -->\n)[^]*?(?=<!-- \/options -->)/

/** A table for each group, as the help has it. */
export function optionTables(): string {
  const groups = Map.groupBy(entriesOf(crawlOptions), ([, { group }]) => group ?? '')
  const tables = [...groups].map(([group, entries]) =>
    [`| ${group} | default | |`, '|---|---|---|', ...entries.map(row)].join('\n'),
  )
  return `\n${tables.join('\n\n')}\n\n`
}

function row([name, option]: [string, AnyOption]): string {
  const { help, initial, multiple } = option
  const flag = flagOf(name, option).replaceAll('|', '\\|')
  const collects = multiple === true ? '; may be repeated' : ''
  return `| \`${flag}\` | ${initial === undefined ? '' : `\`${initial}\``} | ${help.replaceAll('*', '\\*')}${collects} |`
}

/** The tables that the guide has, without the blanks that make columns. */
export function documentedTables(): string {
  return withoutBlanks(section.exec(readFileSync(guide, 'utf8'))?.[0] ?? '')
}

export function withoutBlanks(tables: string): string {
  return tables
    .replaceAll(/ *\| */g, '|')
    .replaceAll(/-{3,}/g, '---')
    .trim()
}

if (import.meta.main) {
  writeFileSync(
    guide,
    readFileSync(guide, 'utf8').replace(section, () => optionTables()),
  )
}
