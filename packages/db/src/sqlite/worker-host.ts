import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { parse } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Event } from 'corral'
import { packRequest, unpackReply } from './worker/packing.ts'
import type { Packed } from './worker/packing.ts'
import type { Reply, Request } from './worker/protocol.ts'

// The file's own ending: .ts where Node strips the types, .js when built.
const script = new URL(
  import.meta.url.endsWith('.ts') ? './worker/main.ts' : './worker/main.js',
  import.meta.url,
)

/** Hosts a SQLite connection: it is synchronous, so it must not run in this thread. */
export interface WorkerHost {
  /** Whether a running statement can be stopped, by killing the host. */
  readonly stoppable: boolean
  post(request: Request): void
  /** Whether a reply is expected: that keeps this process alive. */
  keepAlive(yes: boolean): void
  /** Ends it, and waits until it has ended. A thread ends when its statement does. */
  end(): Promise<void>
}

interface Listener {
  reply(reply: Reply): void
  gone(): void
}

export function openThread(listener: Listener): WorkerHost {
  // It inherits no flags of this process, and not our console.
  const worker = new Worker(script, { execArgv: [], name: 'corral-sqlite' })
  const gone = new Event()
  worker.unref()
  worker.on('message', (packed: Packed<Reply>) => listener.reply(unpackReply(packed)))
  worker.on('error', () => {}) // `exit` follows
  worker.on('exit', () => {
    gone.set()
    listener.gone()
  })
  return {
    stoppable: false,
    post: (request) => worker.postMessage(packRequest(request), []),
    keepAlive: (yes) => (yes ? worker.ref() : worker.unref()),
    async end() {
      void worker.terminate()
      worker.ref()
      await gone.wait()
    },
  }
}

export function openProcess(listener: Listener): WorkerHost {
  const child = forked()
  if (child === undefined) {
    process.nextTick(() => listener.gone())
    return { stoppable: true, post() {}, keepAlive() {}, end: () => Promise.resolve() }
  }
  const gone = new Event()
  const tellGone = (): void => {
    if (gone.isSet) return
    gone.set()
    listener.gone()
  }
  const lifeline = child.stdio[4] as Socket
  lifeline.unref()
  lifeline.on('error', () => {}) // it ends with the process
  keepAlive(child, false)
  child.on('message', (packed: Packed<Reply>) => listener.reply(unpackReply(packed)))
  child.on('error', () => (child.pid === undefined ? tellGone() : end(child))) // `exit` follows, if it ever began
  child.on('exit', tellGone)
  return {
    stoppable: true,
    post: (request) => void child.send(packRequest(request), () => {}), // an error: it is gone
    keepAlive: (yes) => keepAlive(child, yes),
    async end() {
      end(child)
      await gone.wait()
    },
  }
}

/** Some errors, such as a lack of memory, are thrown at once; `undefined` then. */
function forked(): ChildProcess | undefined {
  const { NODE_OPTIONS: _, ...env } = process.env
  try {
    return fork(script, {
      execArgv: [],
      env,
      cwd: parse(process.execPath).root, // ours may be gone
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
    })
  } catch {
    return undefined
  }
}

function keepAlive(child: ChildProcess, yes: boolean): void {
  if (yes) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}

function end(child: ChildProcess): void {
  child.ref()
  child.kill('SIGKILL')
}
