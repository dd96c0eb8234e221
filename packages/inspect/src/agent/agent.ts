import type { Server, Socket } from 'node:net'
import type { CpuSampler, CpuSamplerParts, SamplerHost } from './cpu-sampler.ts'
import type { EventTap } from './event-tap.ts'
import type { PulseHost, PulseMeter, PulseParts } from './pulse.ts'
import type { Hello, Reading, Running } from './reading.ts'
import type { Instance, ReaderHost, TreeReader, TreeReaderParts } from './tree-reader.ts'
import type { ScopeNode } from 'corral/lowlevel'

/** What the agent is made of. */
export interface AgentParts {
  readonly nameStem: (name: string) => string
  readonly treeReader: (parts: TreeReaderParts, host: ReaderHost, most: number) => TreeReader
  readonly probeStack: (scope: ScopeNode) => Promise<string | undefined>
  readonly eventTap: (size: number) => EventTap
  readonly cpuSampler: (parts: CpuSamplerParts, host: SamplerHost) => CpuSampler
  readonly pulseMeter: (parts: PulseParts, host: PulseHost) => PulseMeter
}

/** What evaluations in the target call. */
export interface Agent {
  readonly protocol: number
  /** Opens the socket if need be. JSON of `Installed`. */
  install(): string
  /** The whole tree at once, for a loop that does not turn. JSON of `Reading`. */
  readNow(most: number): string
  /** The same with a greeting, and without a socket. JSON. */
  survey(most: number): string
  /** Closes the inspector. To be called inside of an evaluation. */
  closeInspector(): void
  remove(): void
}

/** How it went. */
export interface Installed {
  readonly hello: Hello
  /** Where it listens; undefined when there is nowhere to listen. */
  readonly socket: string | undefined
  readonly refused: string | undefined
}

/** A question of a client, one a line. */
export interface Question {
  readonly id: number
  readonly ask:
    | 'hello'
    | 'read'
    | 'more'
    | 'rows'
    | 'stacks'
    | 'pulse'
    | 'sample'
    | 'tap'
    | 'close-inspector'
    | 'remove'
  readonly most?: number
  readonly from?: number
  readonly refs?: readonly number[]
  readonly stacks?: boolean
}

/** An answer, one a line. */
export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
  /** Milliseconds of the target's time that this client has cost so far. */
  readonly spent: number
}

/** What is left to ask for after a reading. */
export interface ReadingHead extends Omit<Reading, 'rows'> {
  readonly rowCount: number
}

/**
 * What is put into a process that is looked into. It is made in a context of its own, where nobody has changed JSON, Map or
 * Error, and it listens on a socket that only its user can open; it has no timer, is asked for each slice of work, keeps
 * nothing alive, and is gone with its last client. Its source is sent to other processes: it names nothing outside.
 */
export function agent(parts: AgentParts, target: typeof globalThis): Agent {
  const key = Symbol.for('corral.inspect')
  const globals = target as unknown as Record<symbol, unknown>
  const { process } = target
  const builtin = (name: string): never => process.getBuiltinModule(name) as never
  const net: typeof import('node:net') = builtin('node:net')
  const fs: typeof import('node:fs') = builtin('node:fs')
  const os: typeof import('node:os') = builtin('node:os')
  const timers: typeof import('node:timers') = builtin('node:timers')
  const inspector: typeof import('node:inspector') = builtin('node:inspector')
  const hrtime = process.hrtime.bigint
  const now = (): number => Number(hrtime()) / 1e6
  const instances = (): readonly Instance[] =>
    (globals[Symbol.for('corral')] as readonly Instance[] | undefined) ?? []
  const readable = (): readonly Instance[] => instances().filter(({ protocol }) => protocol === 2)

  function watched(): readonly (readonly [string, object])[] {
    const map = globals[Symbol.for('corral.watched')] as Map<string, object> | undefined
    const found: [string, object][] = []
    if (map === undefined) return found
    for (const [name, held] of map) {
      const resource = typeof (held as WeakRef<object>).deref === 'function' ? (held as WeakRef<object>).deref() : held
      if (resource !== undefined) found.push([name, resource])
    }
    return found
  }

  const readerHost: ReaderHost = { instances, now, watched }

  /** The lines of the stack of what was interrupted, without ours. */
  function stack(limit: number): readonly string[] {
    Error.stackTraceLimit = limit + 10
    const lines = (new Error('here').stack ?? '').split('\n').slice(1)
    const first = lines.findIndex((line) => !/corral-agent|\(?<anonymous>:\d+:\d+\)?$/.test(line))
    return first < 0 ? [] : lines.slice(first, first + limit).map((line) => line.trim())
  }

  function running(): Running {
    const path: string[] = []
    let task: number | undefined
    readable().forEach((instance, copy) => {
      if (path.length > 0) return
      let scope: ScopeNode | undefined = instance.current()
      for (; scope !== undefined && path.length < 50; scope = scope.parent) {
        if (scope.task === undefined || scope.task.scope !== scope) continue
        task ??= copy * 1e10 + scope.task.id
        path.unshift(scope.task.name.slice(0, 200))
      }
    })
    return { path, task, stack: stack(40) }
  }

  function hello(): Hello {
    const { versions } = process as { versions: Record<string, string | undefined> }
    const memory = process.memoryUsage()
    const script = (process.argv[1] ?? '').replace(/^.*[/\\]/, '')
    return {
      protocol: 1,
      pid: process.pid,
      version: process.version,
      runtime: versions['deno'] !== undefined ? 'deno' : versions['bun'] !== undefined ? 'bun' : 'node',
      script,
      title: process.title.slice(0, 200),
      uptime: process.uptime(),
      heapUsed: memory.heapUsed,
      rss: memory.rss,
      running: running(),
    }
  }

  function installed(): string {
    let refused: string | undefined
    if (path === undefined) {
      try {
        listen()
      } catch (error) {
        refused = (error as Error).message
      }
    }
    const told: Installed = { hello: hello(), socket: path, refused }
    return JSON.stringify(told)
  }

  let server: Server | undefined
  let folder: string | undefined
  let path: string | undefined
  let clients = 0

  /** In the first folder in which a socket can be made that nobody else reaches. */
  function listen(): void {
    let last: unknown
    for (const place of [process.env['XDG_RUNTIME_DIR'], os.tmpdir(), '/dev/shm', '/tmp']) {
      if (place === undefined || place.length > 70) continue
      try {
        folder = fs.mkdtempSync(`${place}/corral-`)
        const socket = `${folder}/agent`
        server = net.createServer(serve)
        server.on('error', remove)
        server.listen({ path: socket, exclusive: true })
        fs.chmodSync(socket, 0o600)
        server.unref()
        path = socket
        return
      } catch (error) {
        last = error
        remove()
      }
    }
    throw last
  }

  function remove(): void {
    try {
      server?.close()
    } catch {
      // It was not listening yet.
    }
    server = undefined
    path = undefined
    if (folder !== undefined) {
      try {
        fs.rmSync(folder, { recursive: true, force: true })
      } catch {
        // It is empty, and nobody's.
      }
      folder = undefined
    }
    if (globals[key] === self) delete globals[key]
  }

  function closeInspector(): void {
    if (inspector.url() !== undefined) inspector.close()
  }

  /**
   * A loop that did not turn when it was signalled opens the inspector once more when it turns again: later in this turn, or in
   * the next one.
   */
  function closeAgain(): void {
    closeInspector()
    timers.setImmediate(closeInspector).unref()
    for (const ms of [20, 200]) timers.setTimeout(closeInspector, ms).unref()
  }

  function serve(socket: Socket): void {
    clients++
    socket.unref()
    let spent = 0
    let text = ''
    let reader: TreeReader | undefined
    let head: Reading | undefined
    let pulse: PulseMeter | undefined
    let sampler: CpuSampler | undefined
    let tap: EventTap | undefined
    const undo: (() => void)[] = []

    function observe(hooks: object): void {
      for (const instance of readable()) undo.push(instance.instrument(hooks))
    }

    function reading(): unknown {
      if (reader === undefined || !reader.step(6)) return { done: false }
      head = reader.result()
      const { rows, ...rest } = head
      return { done: true, reading: { ...rest, rowCount: rows.length } }
    }

    async function answer(question: Question): Promise<unknown> {
      const { ask, most = 10_000, from = 0 } = question
      switch (ask) {
        case 'hello':
          return hello()
        case 'read':
          reader = parts.treeReader(parts, readerHost, most)
          return reading()
        case 'more':
          return reading()
        case 'rows':
          return head?.rows.slice(from, from + most)
        case 'stacks': {
          const found: (string | undefined)[] = []
          for (const ref of question.refs ?? []) {
            const scope = reader?.scopeOf(ref)
            Error.stackTraceLimit = 40
            const open = scope !== undefined && !scope.closed
            found.push(open ? await parts.probeStack(scope) : undefined)
          }
          return found.map((lines) => (lines ?? '').split('\n').slice(1).map((line) => line.trim()))
        }
        case 'pulse':
          if (pulse === undefined) {
            const perfHooks: typeof import('node:perf_hooks') = builtin('node:perf_hooks')
            pulse = parts.pulseMeter(parts, { perfHooks, process, now })
            pulse.start()
            observe(pulse.hooks)
          }
          return pulse.take()
        case 'sample':
          if (sampler === undefined) {
            const workerThreads: typeof import('node:worker_threads') = builtin('node:worker_threads')
            const host = { globalThis: globals, instances: readable, stack, workerThreads }
            sampler = parts.cpuSampler(parts, host)
            sampler.start(question.stacks === true)
          }
          return sampler.take()
        case 'tap':
          if (tap === undefined) {
            tap = parts.eventTap(500_000)
            observe(tap.hooks)
          }
          return tap.take(most)
        case 'close-inspector':
          return closeAgain()
        case 'remove':
          return undefined
      }
    }

    async function handle(line: string): Promise<void> {
      const start = now()
      let id = -1
      let value: unknown
      let error: string | undefined
      let ask = ''
      try {
        const question = JSON.parse(line) as Question
        id = question.id
        ask = question.ask
        value = await answer(question)
      } catch (thrown) {
        error = String((thrown as Error | undefined)?.message ?? thrown)
      }
      const told = JSON.stringify({ id, value, error })
      spent += now() - start
      if (!socket.destroyed) socket.write(`${told.slice(0, -1)},"spent":${spent.toFixed(3)}}\n`)
      if (ask === 'remove') remove()
    }

    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('data', (some: string) => {
      text += some
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        void handle(line)
      }
      if (text.length > 1_000_000) socket.destroy()
    })
    socket.on('close', () => {
      for (const stop of undo) stop()
      pulse?.stop()
      sampler?.stop()
      clients--
      if (clients === 0) remove()
    })
  }

  function readAll(most: number): Reading {
    const reader = parts.treeReader(parts, readerHost, most)
    reader.step(Infinity)
    return reader.result()
  }

  const self: Agent = {
    protocol: 1,
    install: installed,
    readNow: (most) => JSON.stringify(readAll(most)),
    survey: (most) => JSON.stringify({ hello: hello(), reading: readAll(most) }),
    closeInspector,
    remove,
  }
  globals[key] = self
  return self
}
