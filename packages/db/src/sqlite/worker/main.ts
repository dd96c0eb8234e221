// The code of a SQLite worker, a thread or a process. It imports only Node and its neighbours, so that it starts as it
// is: from source where types are stripped, or built.
import { readSync } from 'node:fs'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { packReply, unpackRequest } from './packing.ts'
import type { Packed } from './packing.ts'
import type { Request } from './protocol.ts'
import { Server } from './serve.ts'

const watchman = 'watchman'

if (parentPort === null) {
  const server = new Server((reply) => process.send?.(packReply(reply)))
  process.on('message', (packed: Packed<Request>) => server.take(unpackRequest(packed)))
  process.on('disconnect', end)
  // Ctrl-C reaches every process of the terminal: the parent decides when to end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  new Worker(new URL(import.meta.url), { workerData: watchman, execArgv: [] }).unref()
} else if (workerData === watchman) {
  // While a statement runs, this process notices nothing; yet it must not outlive its parent.
  try {
    readSync(4, new Uint8Array(1))
  } finally {
    end()
  }
} else {
  const port = parentPort
  const server = new Server((reply) => port.postMessage(packReply(reply), []))
  port.on('message', (packed: Packed<Request>) => server.take(unpackRequest(packed)))
}

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
