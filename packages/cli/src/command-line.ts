import { inspect } from 'node:util'
import { isCancelled } from 'corral'
import { programCommands as commands } from './commands/program-commands.ts'
import { programVersion } from './commands/program-version.ts'
import { formatTable } from './format/format-table.ts'
import { printable } from './format/printable.ts'
import { hideCredentials } from './format/without-secrets.ts'
import { closestWord } from './options/closest-word.ts'
import { UsageError } from './options/usage-error.ts'
import { print } from './output/print.ts'

/**
 * Runs the command that a command line names. What goes wrong is one line on stderr, and the stack with `--debug`.
 *
 * Cancellation: goes on its way, through the command.
 *
 * @returns the exit code: 0, 1 for a failure, 2 for a command line that is wrong, 3 for a process that cannot be looked into
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args
  const command = commands.get(name)
  try {
    if (command !== undefined) return await (await command.load())(rest)
    return programItself(name)
  } catch (error) {
    if (isCancelled(error)) throw error
    const prefix = command === undefined ? 'corral' : `corral ${name}`
    process.stderr.write(`${prefix}: ${hideCredentials(messageOf(error))}\n`)
    if (args.includes('--debug')) process.stderr.write(`${hideCredentials(inspect(error))}\n`)
    return exitCodeOf(error)
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2
  return error instanceof Error && error.name === 'AttachError' ? 3 : 1
}

function programItself(name: string): number {
  if (name === '--help' || name === '-h' || name === 'help') {
    print(help())
    return 0
  }
  if (name === '--version' || name === '-V') {
    print(`${programVersion()}\n`)
    return 0
  }
  if (name === '') throw new UsageError('no command given; corral --help lists them')
  const meant = closestWord(name, [...commands.keys()])
  const hint = meant === undefined ? 'corral --help lists them' : `did you mean ${meant}?`
  throw new UsageError(`unknown ${name.startsWith('-') ? 'option' : 'command'} ${name}; ${hint}`)
}

function help(): string {
  const rows = [...commands].map(([name, { about }]): [string, string] => [name, about])
  return [
    'Usage: corral <command> [options]',
    '',
    'Commands:',
    ...formatTable(rows),
    '',
    'corral <command> --help tells more; corral --version says which one this is.',
    '',
  ].join('\n')
}

/** What we throw says all there is to say; of anything else the code helps to look it up. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error))
  const { code } = error as { code?: unknown }
  const told = ours.has(error.name) || typeof code !== 'string' || error.message.includes(code)
  return `${printable(error.message)}${told ? '' : ` (${code})`}`
}

const ours: ReadonlySet<string> = new Set([
  'AttachError',
  'UsageError',
  'FailureError',
  'OutputError',
  'PageError',
  'StoreError',
  'WarcError',
])
