import { parseArgs } from 'node:util'
import { closestWord } from './closest-word.ts'
import { entriesOf, flagName, type AnyOption, type OptionTable } from './option.ts'
import { UsageError } from './usage-error.ts'

/** What a command line says. */
export interface Parsed<Values> {
  readonly values: Values
  readonly positionals: readonly string[]
  /** The names, as in the table, of the options that were given. */
  readonly given: ReadonlySet<string>
}

/**
 * Reads a command line by a table of options. Of an option given twice the last one counts, unless it collects.
 *
 * @throws UsageError naming the option and its value
 */
export function parseOptions<Values>(
  table: OptionTable<Values>,
  args: readonly string[],
): Parsed<Values> {
  const entries = entriesOf(table)
  const byFlag = new Map(entries.map(([name, option]) => [flagName(name), { name, option }]))
  const values: Record<string, unknown> = {}
  for (const [name, option] of entries) values[name] = initialOf(name, option)

  const positionals: string[] = []
  const given = new Set<string>()
  for (const token of tokensOf(entries, args)) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const found = byFlag.get(token.name)
    if (found === undefined) throw unknownOption(token.rawName, [...byFlag.keys()])
    const { name, option } = found
    const value = valueOf(option, token)
    given.add(name)
    values[name] = option.multiple === true ? [...(values[name] as unknown[]), value] : value
  }
  return { values: values as Values, positionals, given }
}

type Token = ReturnType<typeof tokensOf>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

function tokensOf(entries: readonly [string, AnyOption][], args: readonly string[]) {
  const options = Object.fromEntries(
    entries.map(([name, { takes, short }]) => [
      flagName(name),
      {
        type: takes === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  )
  // Not strict: the messages are ours.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  return tokens
}

function initialOf(name: string, { takes, multiple, initial }: AnyOption): unknown {
  if (takes === undefined) return false
  if (multiple === true) return []
  return initial === undefined ? undefined : checked(`--${flagName(name)}`, initial, takes)
}

function valueOf({ takes }: AnyOption, { rawName, value, inlineValue }: OptionToken): unknown {
  if (takes === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, got "${value}"`)
    return true
  }
  // What looks like the next option is no value, unless it is written as one: --include=-draft
  const missing = value === undefined || (!inlineValue && /^-[^\d]/.test(value))
  if (missing) throw new UsageError(`${rawName} needs a value: ${takes.rule}`)
  return checked(rawName, value, takes)
}

function checked<T>(
  flag: string,
  text: string,
  takes: { readonly rule: string; parse(text: string): T | undefined },
): T {
  const value = takes.parse(text)
  if (value === undefined) throw new UsageError(`${flag} must be ${takes.rule}, got "${text}"`)
  return value
}

function unknownOption(flag: string, known: readonly string[]): UsageError {
  const meant = closestWord(flag.replace(/^-+/, ''), known)
  const hint = meant === undefined ? '' : `; did you mean --${meant}?`
  return new UsageError(`unknown option ${flag}${hint}`)
}
