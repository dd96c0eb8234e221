import { entriesOf, flagName, type AnyOption, type OptionTable } from './option.ts'

/** What the help of a command says besides its options. */
export interface HelpText {
  readonly usage: readonly string[]
  readonly about: string
  readonly examples: readonly (readonly [command: string, effect: string])[]
}

/** The help of a command: usage, options, examples, in lines of 80 characters. */
export function formatHelp<Values>(table: OptionTable<Values>, text: HelpText): string {
  const options = entriesOf(table).map(([name, option]) => [flagOf(name, option), helpOf(option)])
  return [
    ...text.usage.map((usage, index) => `${index === 0 ? 'Usage: ' : '       '}${usage}`),
    '',
    text.about,
    '',
    'Options:',
    ...columns(options),
    '',
    'Examples:',
    ...columns(text.examples),
    '',
  ].join('\n')
}

function flagOf(name: string, { short, takes }: AnyOption): string {
  const long = `--${flagName(name)}${takes === undefined ? '' : ` ${takes.placeholder}`}`
  return short === undefined ? long : `-${short}, ${long}`
}

function helpOf({ help, initial, multiple }: AnyOption): string {
  if (initial !== undefined) return `${help} [${initial}]`
  return multiple === true ? `${help} (repeatable)` : help
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([left = '']) => left.length))
  return rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`)
}
