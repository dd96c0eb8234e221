// The program of a launcher: a small process that forks for a large one. It lives as long as its standard input is open.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Reply, Request } from './messages.ts'

/** How long groups have after SIGTERM when the process that started them has died, in milliseconds. */
const GRACE = 1_000

const [path = ''] = process.argv.slice(2)
const groups = new Set<number>()

const input = createInterface({ input: process.stdin })
input.once('line', (token) => {
  const control = connect(path, () => control.write(`${token} control\n`))
  control.on('error', () => {}) // nobody is left to notify
  const requests = createInterface({ input: control })
  requests
    .on('error', () => {})
    .on('line', (line) => {
      void launch(JSON.parse(line) as Request, token, (reply) => {
        control.write(`${JSON.stringify(reply)}\n`)
      })
    })
})
input.once('close', endAll)

async function launch(
  { id, file, args, cwd, env, stdio }: Request,
  token: string,
  tell: (reply: Reply) => void,
): Promise<void> {
  const sockets: Socket[] = []
  try {
    const handles: (Socket | 'ignore' | 'inherit')[] = []
    for (const [n, kind] of stdio.entries()) {
      if (kind === 'pipe') sockets.push(await openSocket(`${token} ${id} ${n}\n`))
      handles.push(kind === 'pipe' ? (sockets.at(-1) as Socket) : kind)
    }
    const child = spawn(file, args, { cwd, env, stdio: handles, detached: true })
    const { pid } = child
    if (pid !== undefined) {
      groups.add(pid)
      tell({ id, pid }) // at once: when this process is killed, the other one ends the groups it knows
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (pid === undefined) tell(failure(id, error))
    })
    child.once('exit', (code, signal) => {
      groups.delete(pid as number)
      tell({ id, code, signal })
    })
  } catch (error) {
    tell(failure(id, error as NodeJS.ErrnoException))
  } finally {
    for (const socket of sockets) socket.destroy() // the process has a copy
  }
}

/** A stream to the requester, whose first line says what it is. */
async function openSocket(greeting: string): Promise<Socket> {
  for (;;) {
    try {
      return await connected(greeting)
    } catch (error) {
      // Many were requested at once, and the listener has not accepted them yet.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      await new Promise((done) => setTimeout(done, 5))
    }
  }
}

function connected(greeting: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect(path, () => socket.write(greeting, () => done(socket)))
    socket.once('error', fail).pause()
  })
}

function failure(id: number, { code, message }: NodeJS.ErrnoException): Reply {
  return { id, failure: { code: code ?? '', message } }
}

function endAll(): void {
  for (const signal of ['SIGTERM', 'SIGCONT'] as const) signalAll(signal)
  setTimeout(
    () => {
      signalAll('SIGKILL')
      process.exit()
    },
    groups.size === 0 ? 0 : GRACE,
  )
}

function signalAll(signal: NodeJS.Signals): void {
  for (const pid of groups) {
    try {
      process.kill(-pid, signal)
    } catch {
      groups.delete(pid) // it is gone
    }
  }
}
