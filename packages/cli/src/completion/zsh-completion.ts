import { changeName, flagName, type AnyOption } from '../options/option.ts'
import type { CommandShape } from './command-shape.ts'

/** A script for zsh: to be sourced, or to be put into the path of functions as `_corral`. */
export function zshCompletion(shapes: readonly CommandShape[]): string {
  const top = shapes.filter(({ path }) => path.length === 1)
  return `#compdef corral
# zsh completion for corral: source <(corral completion zsh)
_corral() {
  local command=$words[2] curcontext=$curcontext
  if (( CURRENT == 2 )); then
    local -a commands=(
${top.map(described).join('\n')}
    )
    _describe command commands
    return
  fi
  case "$words[2] $words[3]" in
    ${nestedPaths(shapes)}) (( CURRENT > 3 )) && { command="$words[2] $words[3]"; shift words; (( CURRENT-- )) } ;;
  esac
  shift words; (( CURRENT-- ))
  case $command in
${shapes.map(argumentsCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _corral ]]; then _corral "$@"; else compdef _corral corral; fi
`
}

function nestedPaths(shapes: readonly CommandShape[]): string {
  const nested = shapes.filter(({ path }) => path.length === 2)
  return nested.map(({ path }) => quoted(path.join(' '))).join('|')
}

function described({ path, about }: CommandShape): string {
  return `      ${quoted(`${path.at(-1)}:${about}`)}`
}

function argumentsCase(shape: CommandShape): string {
  const lines = shape.options.flatMap(optionSpecs)
  if (shape.words === 'file') lines.push(`'*:file:_files'`)
  else if (shape.words !== 'nothing') lines.push(quoted(`1:command:(${shape.words.join(' ')})`))
  const path = quoted(shape.path.join(' '))
  return `    ${path})\n      _arguments -s \\\n        ${lines.join(' \\\n        ')} ;;`
}

function optionSpecs([name, option]: readonly [string, AnyOption]): string[] {
  const { short, takes, multiple, alone, help } = option
  const about = `[${help.replaceAll(/[[\]:\\]/g, '\\$&')}]`
  const value = takes === undefined ? '' : `:${flagName(name)}:${actionOf(option)}`
  const repeat = multiple === true ? '*' : ''
  const equals = takes === undefined ? '' : alone === undefined ? '=' : '=-'
  const long = quoted(
    `${repeat}--${changeName(name, option)}${equals}${about}${alone ? `:${value}` : value}`,
  )
  return short === undefined ? [long] : [quoted(`-${short}${about}`), long]
}

function actionOf({ takes }: AnyOption): string {
  if (takes?.offers === 'file') return '_files'
  return takes?.offers === undefined ? ' ' : `(${takes.offers.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
