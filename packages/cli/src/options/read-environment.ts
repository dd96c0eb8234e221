import { checkedValue } from './checked-value.ts'
import { closestWord } from './closest-word.ts'
import { variableName, type AnyOption } from './option.ts'
import { UsageError } from './usage-error.ts'

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads what the environment says about options: `CORRAL_MAX_PAGES`. One that is empty says nothing; of an option that
 * collects, each line is a value.
 *
 * @throws UsageError naming the variable: for a value that is wrong, and for a name that is one letter off
 */
export function readEnvironment(
  entries: readonly (readonly [name: string, option: AnyOption])[],
  env: Environment,
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>()
  const variables = new Map<string, readonly [string, AnyOption]>()
  for (const entry of entries) {
    if (entry[1].flagOnly === undefined) variables.set(variableName(entry[0]), entry)
  }
  for (const [variable, text = ''] of Object.entries(env)) {
    if (!variable.startsWith('CORRAL_') || text === '') continue
    const entry = variables.get(variable)
    if (entry === undefined) refuseMisspelt(variable, [...variables.keys()])
    else values.set(entry[0], valueOf(entry[1], variable, text))
  }
  return values
}

function valueOf({ takes, multiple, alone }: AnyOption, variable: string, text: string): unknown {
  if (takes === undefined) return truthOf(variable, text)
  if (alone !== undefined && /^(true|yes|on)$/i.test(text)) return takes.parse(alone)
  if (multiple !== true) return checkedValue(variable, text, takes)
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => checkedValue(variable, line, takes))
}

function truthOf(variable: string, text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true
  if (/^(0|false|no|off)$/i.test(text)) return false
  throw new UsageError(`${variable} must be 1 or 0, got "${text}"`)
}

/** What begins like ours and is none of ours may be another command's, unless it is all but ours. */
function refuseMisspelt(variable: string, known: readonly string[]): void {
  const words = new Map(known.map((name) => [wordOf(name), name]))
  const meant = words.get(closestWord(wordOf(variable), [...words.keys()]) ?? '')
  if (meant === undefined || Math.abs(meant.length - variable.length) > 2) return
  throw new UsageError(`${variable} is not known; did you mean ${meant}?`)
}

function wordOf(variable: string): string {
  return variable.slice('CORRAL_'.length).replaceAll('_', '')
}
