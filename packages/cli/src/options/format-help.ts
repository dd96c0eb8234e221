import { entriesOf, flagOf, type AnyOption, type OptionTable } from './option.ts'

/** What the help of a command says besides its options. */
export interface HelpText {
  readonly usage: readonly string[]
  readonly about: string
  readonly examples: readonly (readonly [command: string, effect: string])[]
  /** The last line of a help that leaves something out. */
  readonly more?: string
}

/** The help of a command: usage, options, examples, in lines of 80 characters; the essential options, if some are. */
export function formatHelp<Values>(table: OptionTable<Values>, text: HelpText): string {
  const entries = entriesOf(table)
  const essential = entries.filter(([, option]) => option.essential === true)
  const shown = essential.length > 0 ? essential : entries
  return [
    ...opening(text),
    'Options:',
    ...columns(shown.map(row)),
    '',
    'Examples:',
    ...columns(text.examples),
    ...(text.more === undefined ? [] : ['', text.more]),
    '',
  ].join('\n')
}

/** The help with every option, under headings. */
export function formatFullHelp<Values>(table: OptionTable<Values>, text: HelpText): string {
  const entries = entriesOf(table)
  const width = Math.max(...entries.map((entry) => row(entry)[0].length))
  const groups = Map.groupBy(entries, ([, { group }]) => group ?? 'Options')
  const sections = [...groups].flatMap(([group, members]) => [
    `${group}:`,
    ...columns(members.map(row), width),
    '',
  ])
  return [...opening(text), ...sections, 'Examples:', ...columns(text.examples), ''].join('\n')
}

function opening({ usage, about }: HelpText): string[] {
  const lines = usage.map((line, index) => `${index === 0 ? 'Usage: ' : '       '}${line}`)
  return [...lines, '', about, '']
}

function row([name, option]: [name: string, option: AnyOption]): [flag: string, help: string] {
  return [flagOf(name, option), helpOf(option)]
}

function helpOf({ help, initial, multiple }: AnyOption): string {
  if (initial !== undefined) return `${help} [${initial}]`
  return multiple === true ? `${help} (repeatable)` : help
}

function columns(rows: readonly (readonly string[])[], least = 0): string[] {
  const width = Math.max(least, ...rows.map(([left = '']) => left.length))
  return rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}`)
}
