import type { ConfigFile } from './config-file.ts'
import { checkedValue } from './checked-value.ts'
import { entriesOf, flagName, type AnyOption, type OptionTable } from './option.ts'
import { readEnvironment, type Environment } from './read-environment.ts'
import { readFlags } from './read-flags.ts'

/** Where values come from besides the command line. */
export interface OptionSources {
  readonly env?: Environment
  /** Reads the config file, by the name that was given for it. */
  readonly config?: (named: string | undefined) => ConfigFile
}

/** What is said about options. */
export interface Parsed<Values> {
  readonly values: Values
  readonly positionals: readonly string[]
  /** Of the options that were given, where: the greater beats the lesser. */
  readonly given: ReadonlyMap<string, number>
  readonly config: ConfigFile | undefined
}

/**
 * Reads options: each from the command line, else the environment, else the config file, else its default. A value
 * that is wrong is refused also where another one beats it.
 *
 * @throws UsageError naming the option, its value and where that was found
 */
export function parseOptions<Values>(
  table: OptionTable<Values>,
  args: readonly string[],
  sources: OptionSources = {},
): Parsed<Values> {
  const entries = entriesOf(table)
  const flags = readFlags(entries, args)
  const found: ReadonlyMap<string, unknown>[] = []
  let config: ConfigFile | undefined
  // Help is there also for who has a broken config.
  if (flags.values.get('help') !== true) {
    const env = readEnvironment(entries, sources.env ?? {})
    const named = flags.values.get('config') ?? env.get('config')
    config = sources.config?.(named as string | undefined)
    found.push(config?.values(entries) ?? new Map(), env)
  }
  found.push(flags.values)

  const values: Record<string, unknown> = {}
  for (const [name, option] of entries) values[name] = initialOf(name, option)
  const given = new Map<string, number>()
  for (const [rank, from] of found.entries()) {
    for (const [name, value] of from) {
      values[name] = value
      given.set(name, rank)
    }
  }
  return { values: values as Values, positionals: flags.positionals, given, config }
}

function initialOf(name: string, { on, takes, multiple, initial }: AnyOption): unknown {
  if (takes === undefined) return on === true
  if (multiple === true) return []
  return initial === undefined ? undefined : checkedValue(`--${flagName(name)}`, initial, takes)
}
