import { enableCompileCache } from 'node:module'
import { run } from 'corral'
import { taken } from './output/print.ts'

// A reader that has seen enough (corral ... | head) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`corral: the output cannot be written: ${error.message}\n`)
  process.exit(1)
})

// Of what cannot be told on stderr nobody can be told but by the exit code.
let untold = false
process.stderr.on('error', (error: NodeJS.ErrnoException) => (untold ||= error.code !== 'EPIPE'))

enableCompileCache()
const args = process.argv.slice(2)
// A worker that is asked to stop ends what it runs; asked again, it is cancelled.
const [command, verb] = args
const grace = command === 'jobs' && verb === 'work' ? Infinity : 0
const code = await run(
  async () => {
    const { runCommandLine } = await import('./command-line.ts')
    return runCommandLine(args)
  },
  { name: 'corral', grace },
)
// Who interrupts does not wait for a reader that does not read.
if (process.exitCode !== undefined) setTimeout(() => process.exit(), 500).unref()
await Promise.all([taken(process.stdout), taken(process.stderr)])
// A signal has set the code already.
process.exitCode ??= code === 0 && untold ? 1 : code
// All is done. What still holds the process, such as the lookup of a name, cannot be cancelled: it is not waited for.
setTimeout(() => process.exit(), 100).unref()
