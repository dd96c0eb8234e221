import { readdirSync } from 'node:fs'
import { run } from 'corral'
import { openProcess } from '../../src/index.ts'
import type { ChildProcess } from '../../src/index.ts'

/** Runs a test with real sockets. */
export function real(test: () => Promise<void>): () => Promise<void> {
  return () => run(test, { handleSignals: false })
}

/** How many files and sockets this process has open. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** Waits until nothing more is open than before: what was closed is closed a turn later. */
export async function settled(before: number): Promise<void> {
  while (openDescriptors() > before) await new Promise((done) => setTimeout(done, 5))
}

/** A process that listens and never accepts, and the port: when a few have connected, others get no answer. */
export async function openDeafServer(host: string): Promise<ChildProcess & { port: number }> {
  const script = `
    const server = require('node:net').createServer()
    server.listen({ host: '${host}', port: 0, backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const child = await openProcess(process.execPath, ['-e', script], { grace: 0 })
  const port = Number(await child.stdout.readUntil('\n'))
  return Object.assign(child, { port })
}
