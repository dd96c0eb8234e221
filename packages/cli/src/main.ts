#!/usr/bin/env node
import { run } from 'corral'
import { runCommandLine } from './command-line.ts'

// A reader that has seen enough (corral ... | head) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

const code = await run(() => runCommandLine(process.argv.slice(2)), { name: 'corral' })
// A signal has set the code already.
process.exitCode ??= code
// Everything has ended. What still holds the process, such as the lookup of a name, cannot be cancelled: do not wait for it.
setTimeout(() => process.exit(), 100).unref()
