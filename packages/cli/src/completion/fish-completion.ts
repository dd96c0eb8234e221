import { changeName, type AnyOption } from '../options/option.ts'
import type { CommandShape } from './command-shape.ts'

/** A script for fish, to be sourced or put into its directory of completions. */
export function fishCompletion(shapes: readonly CommandShape[]): string {
  const top = shapes.filter(({ path }) => path.length === 1)
  return [
    '# fish completion for corral: corral completion fish | source',
    'complete -c corral -f',
    ...top.map(
      ({ path, about }) =>
        `complete -c corral -n __fish_use_subcommand -a ${path[0]} -d ${quoted(about)}`,
    ),
    ...shapes.flatMap((shape) => linesOf(shape, shapes)),
    '',
  ].join('\n')
}

function linesOf(shape: CommandShape, shapes: readonly CommandShape[]): string[] {
  const start = `complete -c corral -n ${quoted(conditionOf(shape, shapes))}`
  const { words } = shape
  const about = (word: string): string =>
    shapes.find(({ path }) => path.length === 2 && path[1] === word)?.about ?? ''
  return [
    ...(typeof words === 'string'
      ? words === 'file'
        ? [`${start} -F`]
        : []
      : words.map((word) => `${start} -a ${word} -d ${quoted(about(word))}`)),
    ...shape.options.map((entry) => `${start} ${optionOf(entry)}`),
  ]
}

function conditionOf({ path }: CommandShape, shapes: readonly CommandShape[]): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`)
  const below = shapes.filter(
    (other) => other.path.length > path.length && other.path[0] === path[0],
  )
  if (below.length > 0) {
    seen.push(`not __fish_seen_subcommand_from ${below.map((other) => other.path[1]).join(' ')}`)
  }
  return seen.join('; and ')
}

function optionOf([name, option]: readonly [string, AnyOption]): string {
  const { short, takes, alone, help } = option
  const parts = [`-l ${changeName(name, option)}`]
  if (short !== undefined) parts.push(`-s ${short}`)
  if (takes !== undefined && alone === undefined) {
    parts.push(takes.offers === 'file' ? '-r -F' : '-x')
    if (Array.isArray(takes.offers)) parts.push(`-a ${quoted(takes.offers.join(' '))}`)
  }
  return [...parts, `-d ${quoted(help)}`].join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
