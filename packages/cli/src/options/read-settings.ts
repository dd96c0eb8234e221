import { ConfigFile } from './config-file.ts'
import { crawlOptions } from './crawl-options.ts'
import { entriesOf, type OptionTable } from './option.ts'
import { parseOptions, type Parsed } from './parse-options.ts'

/**
 * Reads the options of a command that works on crawls: flags, environment and config file. One file serves all of them:
 * each takes the keys that it has an option for.
 *
 * @throws UsageError
 */
export function readSettings<Values>(
  table: OptionTable<Values>,
  args: readonly string[],
): Parsed<Values> {
  return parseOptions(table, args, {
    env: process.env,
    config: (named) => ConfigFile.read(named, configKeys),
  })
}

/** Everything that a config file may say. */
export const configKeys: readonly string[] = [
  'urls',
  ...entriesOf(crawlOptions)
    .filter(([name, { flagOnly }]) => flagOnly === undefined && name !== 'config')
    .map(([name]) => name),
]
