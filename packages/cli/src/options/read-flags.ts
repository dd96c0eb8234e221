import { parseArgs } from 'node:util'
import { checkedValue } from './checked-value.ts'
import { closestWord } from './closest-word.ts'
import { flagName, type AnyOption } from './option.ts'
import { UsageError } from './usage-error.ts'

/** What the command line itself says. */
export interface Flags {
  /** Values by the name of their option. */
  readonly values: ReadonlyMap<string, unknown>
  readonly positionals: readonly string[]
}

/**
 * Reads a command line. Of an option given twice the last one counts, unless it collects; `--no-` in front of one that takes
 * no value turns it off.
 *
 * @throws UsageError naming the flag and its value
 */
export function readFlags(
  entries: readonly (readonly [name: string, option: AnyOption])[],
  args: readonly string[],
): Flags {
  const byFlag = new Map(entries.map(([name, option]) => [flagName(name), { name, option }]))
  const values = new Map<string, unknown>()
  const positionals: string[] = []
  for (const token of tokensOf(entries, args)) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const found = byFlag.get(token.name) ?? negatable(token, byFlag)
    if (found === undefined) throw unknownOption(token.rawName, [...byFlag.keys()])
    const { name, option } = found
    const before = (values.get(name) ?? []) as unknown[]
    const given = valueOf(option, token)
    const value = token.name === flagName(name) ? given : false
    values.set(name, option.multiple === true ? [...before, value] : value)
  }
  return { values, positionals }
}

type Token = ReturnType<typeof tokensOf>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

function tokensOf(entries: readonly (readonly [string, AnyOption])[], args: readonly string[]) {
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
    args: withValues(entries, args),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  return tokens
}

/** Gives options that stand alone their value; what follows them is that value only if it can be one. */
function withValues(
  entries: readonly (readonly [string, AnyOption])[],
  args: readonly string[],
): string[] {
  const end = args.indexOf('--')
  const given = end === -1 ? args : args.slice(0, end)
  const joined: string[] = []
  for (let i = 0; i < given.length; i++) {
    const word = given[i] ?? ''
    const [, option] = entries.find(([name]) => word === `--${flagName(name)}`) ?? []
    const next = given[i + 1]
    if (option?.alone === undefined) joined.push(word)
    else if (next === undefined || option.takes?.parse(next) === undefined) {
      joined.push(`${word}=${option.alone}`)
    } else {
      joined.push(`${word}=${next}`)
      i++
    }
  }
  return [...joined, ...args.slice(given.length)]
}

/** `--no-json` turns off what `--json` turns on. */
function negatable<Entry extends { readonly option: AnyOption }>(
  { name }: OptionToken,
  byFlag: ReadonlyMap<string, Entry>,
): Entry | undefined {
  const found = name.startsWith('no-') ? byFlag.get(name.slice(3)) : undefined
  const { takes, flagOnly } = found?.option ?? {}
  return takes === undefined && flagOnly === undefined ? found : undefined
}

function valueOf({ takes }: AnyOption, token: OptionToken): unknown {
  const { rawName, value, inlineValue } = token
  if (takes === undefined) {
    requireNoValue(token)
    return true
  }
  // What looks like the next option is no value, unless it is written as one: --include=-draft
  const missing = value === undefined || (!inlineValue && /^-[^\d]/.test(value))
  if (missing) throw new UsageError(`${rawName} needs a value: ${takes.rule}`)
  return checkedValue(rawName, value, takes)
}

function requireNoValue({ rawName, value }: OptionToken): void {
  if (value !== undefined) throw new UsageError(`${rawName} takes no value, got "${value}"`)
}

function unknownOption(flag: string, known: readonly string[]): UsageError {
  const meant = closestWord(flag.replace(/^-+/, ''), known)
  const hint = meant === undefined ? '--help lists them' : `did you mean --${meant}?`
  return new UsageError(`unknown option ${flag}; ${hint}`)
}
