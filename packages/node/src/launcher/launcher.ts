import { spawn } from 'node:child_process'
import type { ChildProcess as NodeProcess } from 'node:child_process'
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Event, Future, isCancelled, shield, throwIfCancelled } from 'corral'
import { HomeContext } from 'corral/lowlevel'
import { ByteReader } from '../bytes/byte-reader.ts'
import { calledBack } from '../called-back.ts'
import { tempDir } from '../files/temp-dir.ts'
import type { TempDir } from '../files/temp-dir.ts'
import type { Forked } from '../process/child-process.ts'
import { ProcessError } from '../process/process-error.ts'
import type { Reply, Request } from './messages.ts'

const HELPER = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './launcher-process.ts' : './launcher-process.js',
    import.meta.url,
  ),
)

/**
 * Starts a small process that forks on behalf of this one. Forking takes longer the more memory a process has, and
 * stalls it meanwhile: in a large process pass `launcher` to `exec` or `openProcess`, and open it early. When this
 * process is killed, even by SIGKILL, the launcher ends all groups it has started.
 *
 * Cancellation: starts none, or ends it.
 *
 * @example
 * await using launcher = await openLauncher()
 * await exec('git', ['fetch'], { launcher })
 */
export async function openLauncher(): Promise<Launcher> {
  throwIfCancelled()
  return shield(async () => {
    const folder = await tempDir()
    const launcher = new Launcher(folder)
    try {
      await launcher.start()
      return launcher
    } catch (error) {
      await launcher[Symbol.asyncDispose]()
      throw error
    }
  })
}

/** A process forked by the launcher, with the interface of Node's. */
export class LaunchedProcess implements Forked {
  pid: number | undefined
  stdin: Socket | null = null
  stdout: Socket | null = null
  stderr: Socket | null = null
  readonly #end = Promise.withResolvers<Ended>()

  /** It may have ended before a listener is added. */
  once<K extends keyof Ends>(event: K, listener: (...details: Ends[K]) => void): void {
    void this.#end.promise.then((end) => {
      if (end.event === event) listener(...(end.details as Ends[K]))
    })
  }

  /** @internal */
  ended<K extends keyof Ends>(event: K, ...details: Ends[K]): void {
    this.#end.resolve({ event, details })
  }
}

interface Ends {
  exit: [code: number | null, signal: NodeJS.Signals | null]
  lost: [error: Error]
}

interface Ended {
  readonly event: keyof Ends
  readonly details: Ends[keyof Ends]
}

/** A launcher listens for all its users: in no scope. */
const outside = new HomeContext()

interface Running {
  readonly process: LaunchedProcess
  readonly started: Future<void>
  readonly file: string
  /** Streams that have not arrived yet. */
  missing: number
  launched: boolean
}

/** A process that forks on behalf of this one. Made by `openLauncher`. */
export class Launcher implements AsyncDisposable {
  readonly #folder: TempDir
  readonly #token: string = randomBytes(32).toString('hex')
  readonly #server: Server
  readonly #helper: NodeProcess
  readonly #ready = new Event()
  readonly #exited = new Event()
  readonly #running = new Map<number, Running>()
  readonly #sockets = new Set<Socket>()
  #control: Socket | undefined
  /** Settles when the launcher tells nothing more. */
  #heard: Promise<void> = Promise.resolve()
  /** Why it was not started. */
  #failure: Error | undefined
  #lastId = 0
  #isClosed = false

  /** @internal */
  constructor(folder: TempDir) {
    this.#folder = folder
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      outside.run(() => void this.#greet(socket))
    })
    const helper = spawn(process.execPath, [HELPER, this.#path], {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { PATH: process.env['PATH'] },
      detached: true,
    })
    helper.once('exit', () => outside.run(() => void this.#lost()))
    helper.once('error', (error) => {
      this.#failure = error
      outside.run(() => void this.#lost())
    })
    // There is none when nothing was forked, as the event says next.
    ;(helper as NodeProcess).stdin?.on('error', () => {}) // its exit reports it
    this.#helper = helper
  }

  /** Its process id. */
  get pid(): number | undefined {
    return this.#helper.pid
  }

  /** @internal */
  async start(): Promise<void> {
    try {
      await calledBack('openLauncher', this, (done, failed) => {
        this.#server.once('error', failed).listen(this.#path, done)
      })
      this.#helper.stdin?.write(`${this.#token}\n`)
      await this.#ready.wait()
    } catch (error) {
      if (isCancelled(error)) throw error
      this.#failure ??= error as Error
    }
    const cause = this.#failure
    if (cause !== undefined) {
      const message = `openLauncher: it could not be started; ${cause.message}`
      throw new ProcessError('START', process.execPath, message, { cause })
    }
    if (this.#isClosed) throw gone('openLauncher', '')
  }

  /**
   * Forks; settles when the process runs or has failed to start.
   *
   * @internal
   */
  async launch(api: string, request: Omit<Request, 'id'>): Promise<LaunchedProcess> {
    if (this.#isClosed || this.#control === undefined) throw gone(api, request.file)
    const id = (this.#lastId += 1)
    const missing = request.stdio.filter((kind) => kind === 'pipe').length
    const started = new Future<void>()
    const { file } = request
    const running = { process: new LaunchedProcess(), started, file, missing, launched: false }
    this.#running.set(id, running)
    this.#control.write(`${JSON.stringify({ ...request, id })}\n`)
    await shield(() => started.wait())
    return running.process
  }

  /** Ends the processes it started that still run, then the launcher itself. Cancellation: does not cut it short. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#helper.stdin?.end()
    await shield(async () => {
      await this.#exited.wait()
      for (const socket of this.#sockets) socket.destroy()
      this.#server.close()
      await this.#folder[Symbol.asyncDispose]()
    })
  }

  get [Symbol.toStringTag](): string {
    return 'Launcher'
  }

  get #path(): string {
    return join(this.#folder.path, 'socket')
  }

  /** The first line of a connection identifies it; one that does not know the token is rejected. */
  async #greet(socket: Socket): Promise<void> {
    socket.on('error', () => {})
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const reader = new ByteReader(socket)
    let words: string[]
    try {
      words = String(await reader.readUntil('\n', 200))
        .trim()
        .split(' ')
    } catch {
      socket.destroy()
      return
    }
    const [token = '', id = '', stream = ''] = words
    if (!isSame(token, this.#token)) {
      socket.destroy()
      return
    }
    if (id === 'control') {
      this.#control = socket
      this.#heard = this.#hearAll(reader)
      this.#ready.set()
      return
    }
    reader.detach()
    const running = this.#running.get(Number(id))
    if (running === undefined) {
      socket.destroy()
      return
    }
    running.process[(['stdin', 'stdout', 'stderr'] as const)[Number(stream)] ?? 'stderr'] = socket
    running.missing -= 1
    this.#settle(running)
  }

  async #hearAll(reader: ByteReader): Promise<void> {
    try {
      for await (const line of reader.lines({ max: Infinity })) {
        this.#hear(JSON.parse(line) as Reply)
      }
    } catch {
      // its exit reports it
    }
  }

  #hear(reply: Reply): void {
    const running = this.#running.get(reply.id)
    if (running === undefined) return
    if ('pid' in reply) {
      running.process.pid = reply.pid
      running.launched = true
      this.#settle(running)
    } else if ('failure' in reply) {
      this.#running.delete(reply.id)
      const { code, message } = reply.failure
      running.started.reject(Object.assign(new Error(message), { code }))
    } else {
      // A process may have ended before all its streams have arrived here.
      void running.started.then(() => {
        this.#running.delete(reply.id)
        running.process.ended('exit', reply.code, reply.signal)
      })
    }
  }

  #settle(running: Running): void {
    if (running.launched && running.missing === 0) running.started.resolve()
  }

  /** The launcher is gone: the processes it started have lost their parent. */
  async #lost(): Promise<void> {
    this.#isClosed = true
    await this.#heard // the last that it told may be the pid of a group, which would live on
    this.#exited.set()
    this.#ready.set()
    for (const { process, started, file } of this.#running.values()) {
      const error = gone('Launcher', file)
      if (started.settled) process.ended('lost', error)
      else {
        killGroup(process.pid)
        started.reject(error)
      }
    }
    this.#running.clear()
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // it is gone
  }
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function gone(api: string, file: string): ProcessError {
  return new ProcessError('LAUNCHER', file, `${api}: the launcher is gone; open another one`)
}
