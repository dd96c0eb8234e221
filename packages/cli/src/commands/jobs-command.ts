import { formatTable } from '../format/format-table.ts'
import { closestWord } from '../options/closest-word.ts'
import { UsageError } from '../options/usage-error.ts'
import { print } from '../output/print.ts'
import type { RunCommand } from './command.ts'
import { jobsCommands } from './jobs-commands.ts'

/** Looks at background jobs, changes them, works on them. */
export const jobsCommand: RunCommand = async ([name = '', ...rest]) => {
  const command = jobsCommands.get(name)
  if (command !== undefined) return await (await command.load())(rest)
  if (name === '--help' || name === '-h') {
    print(help())
    return 0
  }
  if (name === '') throw new UsageError('no command given; corral jobs --help lists them')
  const meant = closestWord(name, [...jobsCommands.keys()])
  const hint = meant === undefined ? 'corral jobs --help lists them' : `did you mean ${meant}?`
  throw new UsageError(`unknown command ${name}; ${hint}`)
}

function help(): string {
  const rows = [...jobsCommands].map(([name, { about }]): [string, string] => [name, about])
  return [
    'Usage: corral jobs <command> [options]',
    '',
    'Commands:',
    ...formatTable(rows),
    '',
    'CORRAL_JOBS says where the jobs are: a file, or postgres://..., redis://..., nats://...',
    'corral jobs <command> --help tells more.',
    '',
  ].join('\n')
}
