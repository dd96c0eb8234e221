#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { run } from 'corral'

// A reader that has seen enough (corral ... | head) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

enableCompileCache()
const code = await run(
  async () => {
    const { runCommandLine } = await import('./command-line.ts')
    return runCommandLine(process.argv.slice(2))
  },
  { name: 'corral' },
)
// A signal has set the code already.
process.exitCode ??= code
// All is done. What still holds the process, such as the lookup of a name, cannot be cancelled: it is not waited for.
setTimeout(() => process.exit(), 100).unref()
