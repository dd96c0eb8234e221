import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { openTestPostgres } from '@corral/db/testing'
import { sleep } from 'corral'
import { end } from '../../harness/next-message.ts'
import { freePort } from '../../harness/nginx.ts'

/** What carries messages between processes, started for the measurement. */
export interface Service extends AsyncDisposable {
  readonly kind: BusKind
  readonly url: string
  /** Ends it as a crash would. */
  kill(): Promise<void>
  start(): Promise<void>
}

export type BusKind = 'Redis' | 'NATS' | 'PostgreSQL'

export async function openService(kind: BusKind): Promise<Service> {
  if (kind === 'PostgreSQL') {
    const server = await openTestPostgres({ url: '' })
    return {
      kind,
      url: server.url,
      kill: () => server.stop(),
      start: () => server.start(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  }
  const port = await freePort()
  const [command, ...args] =
    kind === 'Redis'
      ? ['redis-server', '--port', String(port), '--save', '', '--appendonly', 'no']
      : ['nats-server', '-a', '127.0.0.1', '-p', String(port)]
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (child === undefined) return
    child.kill('SIGKILL')
    await end(child)
    child = undefined
  }
  const start = async (): Promise<void> => {
    child = spawn(command, args, { stdio: 'ignore' })
    while (!(await answers(port))) await sleep(20)
  }
  await start()
  const url = `${kind === 'Redis' ? 'redis' : 'nats'}://127.0.0.1:${port}`
  return { kind, url, kill, start, [Symbol.asyncDispose]: kill }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false)).once('connect', () => resolve(true))
    socket.once('connect', () => socket.destroy())
  })
}
