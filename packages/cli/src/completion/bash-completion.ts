import { changeName, flagName, type AnyOption } from '../options/option.ts'
import type { CommandShape } from './command-shape.ts'

/** A script for bash, to be sourced. It works in the bash 3.2 of macOS too. */
export function bashCompletion(shapes: readonly CommandShape[]): string {
  const top = shapes.filter(({ path }) => path.length === 1)
  const nested = shapes.filter(({ path }) => path.length === 2)
  return `# bash completion for corral: source <(corral completion bash)
_corral() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words= file
  # "=" is a word of its own.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  if ((COMP_CWORD > 2)); then
    case "$command \${COMP_WORDS[2]}" in
      ${patterns(nested.map(pathOf))}) command="$command \${COMP_WORDS[2]}" ;;
    esac
  fi
  if ((COMP_CWORD == 1)); then
    words='${[...top.map(pathOf), '--help', '--version'].join(' ')}'
  else
    case "$command $prev" in
${shapes.flatMap(valueCases).join('\n')}
    esac
  fi
  if [[ -z $words ]]; then
    case "$command" in
${shapes.map(wordsCase).join('\n')}
    esac
  fi
  if [[ $words == FILE || ( $words == *' FILE' && $cur != -* ) ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$cur")
  else
    COMPREPLY=($(compgen -W "\${words% FILE}" -- "$cur"))
  fi
}
complete -F _corral corral
`
}

function pathOf({ path }: CommandShape): string {
  return path.join(' ')
}

function patterns(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join('|')
}

/** What may follow an option that takes a value. */
function valueCases(shape: CommandShape): string[] {
  const taking = shape.options.filter(([, { takes, alone }]) => takes !== undefined && !alone)
  const byOffer = Map.groupBy(taking, ([, option]) => offerOf(option))
  return [...byOffer].map(([offer, options]) => {
    const flags = patterns(options.map(([name]) => `${pathOf(shape)} --${flagName(name)}`))
    return `      ${flags}) ${offer === '' ? 'return' : `words='${offer}'`} ;;`
  })
}

function offerOf({ takes }: AnyOption): string {
  if (takes?.offers === 'file') return 'FILE'
  return takes?.offers?.join(' ') ?? ''
}

function wordsCase(shape: CommandShape): string {
  const flags = shape.options.map(([name, option]) => `--${changeName(name, option)}`)
  const words = typeof shape.words === 'string' ? [] : shape.words
  // Words of a command only where they are one: as its first argument.
  const offered = [...flags, ...(shape.words === 'file' ? ['FILE'] : [])].join(' ')
  const first =
    words.length === 0 ? '' : ` ((COMP_CWORD == 2)) && words="${words.join(' ')} $words";`
  return `      '${pathOf(shape)}') words='${offered}';${first} ;;`.replace(/;;? ;;/, ' ;;')
}
