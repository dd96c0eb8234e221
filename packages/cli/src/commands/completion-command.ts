import { bashCompletion } from '../completion/bash-completion.ts'
import { commandShapes, type CommandShape } from '../completion/command-shape.ts'
import { fishCompletion } from '../completion/fish-completion.ts'
import { shells, type Shell } from '../completion/shells.ts'
import { zshCompletion } from '../completion/zsh-completion.ts'
import { choice } from '../options/value-kind.ts'
import { requireNone } from '../options/require-none.ts'
import { UsageError } from '../options/usage-error.ts'
import { print } from '../output/print.ts'

const scripts: Readonly<Record<Shell, (shapes: readonly CommandShape[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

/** Prints the script that makes a shell complete commands, options and their values. */
export function completionCommand([name, ...surplus]: readonly string[]): number {
  if (name === '--help' || name === '-h') {
    print(help)
    return 0
  }
  requireNone(surplus)
  const { rule, parse } = choice(shells)
  if (name === undefined) throw new UsageError(`no shell given; name ${rule}`)
  const shell = parse(name)
  if (shell === undefined) throw new UsageError(`the shell must be ${rule}, got "${name}"`)
  print(scripts[shell](commandShapes()))
  return 0
}

const help = `Usage: corral completion bash|zsh|fish

Prints what makes a shell complete the commands, options and values of corral.

Examples:
  echo 'source <(corral completion bash)' >> ~/.bashrc
  echo 'source <(corral completion zsh)' >> ~/.zshrc
  corral completion fish > ~/.config/fish/completions/corral.fish
`
