import type fsModule from 'node:fs'
import type inspectorModule from 'node:inspector'
import type netModule from 'node:net'
import type { Socket } from 'node:net'
import type osModule from 'node:os'
import type timersModule from 'node:timers'
import type { ScopeNode } from 'corral/lowlevel'
import type { Hello, Reading, Running } from './reading.ts'
import type { ClientHost, ServeClientParts } from './serve-client.ts'
import type { Instance, ReaderHost } from './reader-host.ts'

/** What the agent is made of. */
export interface AgentParts extends ServeClientParts {
  readonly serveClient: (parts: ServeClientParts, socket: Socket, host: ClientHost) => void
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
  /** Opens a socket that stays, for any number of clients, until the function returned is called. */
  stayOpen(place?: string): () => void
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
  const net: typeof netModule = builtin('node:net')
  const fs: typeof fsModule = builtin('node:fs')
  const os: typeof osModule = builtin('node:os')
  const timers: typeof timersModule = builtin('node:timers')
  const inspector: typeof inspectorModule = builtin('node:inspector')
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
      const resource =
        typeof (held as WeakRef<object>).deref === 'function'
          ? (held as WeakRef<object>).deref()
          : held
      if (resource !== undefined) found.push([name, resource])
    }
    return found
  }

  const readerHost: ReaderHost = { instances, now, watched }

  // Without one of ours the runtime would call the user's, also for errors of this context.
  Error.prepareStackTrace = (_error, frames) =>
    ['', ...frames.map((frame) => `at ${String(frame)}`)].join('\n')

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

  /** Whether somebody has given it: without one it is how the program was called. */
  function isOwnTitle(title: string): boolean {
    return (
      title !== process.argv0 && title !== process.execPath && !/(^|[/\\])(node|deno)$/.test(title)
    )
  }

  function hello(): Hello {
    const { versions } = process as { versions: Record<string, string | undefined> }
    const memory = process.memoryUsage()
    const script = (process.argv[1] ?? '').replace(/^.*[/\\]/, '')
    return {
      protocol: 1,
      pid: process.pid,
      version: process.version,
      runtime:
        versions['deno'] !== undefined ? 'deno' : versions['bun'] !== undefined ? 'bun' : 'node',
      script,
      title: isOwnTitle(process.title) ? process.title.slice(0, 200) : '',
      uptime: process.uptime(),
      heapUsed: memory.heapUsed,
      rss: memory.rss,
      running: running(),
    }
  }

  function installed(): string {
    for (const timer of closing.splice(0)) timers.clearTimeout(timer)
    let refused: string | undefined
    let socket: string | undefined
    try {
      socket = listen()
    } catch (error) {
      refused = (error as Error).message
    }
    const told: Installed = { hello: hello(), socket, refused }
    return JSON.stringify(told)
  }

  /** What closes a socket that nobody has connected to yet. */
  const unused = new Set<() => void>()
  let clients = 0
  /** Sockets that stay. */
  let standing = 0

  /**
   * Opens a socket for one client, in the first folder in which one can be made that nobody else reaches. Once the client is there,
   * or does not come, there is no file any more.
   */
  function listen(): string {
    let last: unknown
    for (const place of [process.env['XDG_RUNTIME_DIR'], os.tmpdir(), '/dev/shm', '/tmp']) {
      if (place === undefined || place.length > 70) continue
      try {
        const { path, close } = openSocket(place, 'once', (socket) => {
          serve(socket)
          closeUnused()
        })
        const closeUnused = (): void => {
          if (!unused.delete(closeUnused)) return
          close()
          removeIfUnused()
        }
        unused.add(closeUnused)
        // After a block a client that has come meanwhile is accepted first.
        timers.setTimeout(() => timers.setImmediate(closeUnused), 10_000).unref()
        return path
      } catch (error) {
        last = error
      }
    }
    throw last
  }

  /** A socket in a new folder that only its user enters. */
  function openSocket(
    place: string,
    name: 'once' | 'agent',
    onClient: (socket: Socket) => void,
  ): { readonly path: string; readonly close: () => void } {
    const folder = fs.mkdtempSync(`${place}/corral-`)
    const path = `${folder}/${name}`
    const server = net.createServer(onClient)
    const close = (): void => {
      server.close()
      try {
        fs.rmSync(folder, { recursive: true, force: true })
      } catch {
        // It is empty, and nobody's.
      }
    }
    server.on('error', close)
    try {
      server.listen({ path, exclusive: true })
      fs.chmodSync(path, 0o600)
    } catch (error) {
      close()
      throw error
    }
    server.unref()
    return { path, close }
  }

  function stayOpen(place: string = process.env['XDG_RUNTIME_DIR'] ?? os.tmpdir()): () => void {
    const { close } = openSocket(place, 'agent', serve)
    standing++
    return () => {
      standing--
      close()
      removeIfUnused()
    }
  }

  function removeIfUnused(): void {
    if (clients + standing + unused.size === 0 && globals[key] === self) delete globals[key]
  }

  function remove(): void {
    for (const close of unused) close()
    if (standing === 0 && globals[key] === self) delete globals[key]
  }

  function closeInspector(): void {
    if (inspector.url() !== undefined) inspector.close()
  }

  /**
   * A loop that did not turn when it was signalled opens the inspector once more when it turns again: later in this turn, or in
   * the next one.
   */
  let closing: NodeJS.Timeout[] = []
  function closeAgain(): void {
    closeInspector()
    timers.setImmediate(closeInspector).unref()
    closing = [20, 200].map((ms) => timers.setTimeout(closeInspector, ms).unref())
  }

  function serve(socket: Socket): void {
    clients++
    parts.serveClient(parts, socket, {
      globals,
      builtin,
      now,
      process,
      readable,
      readerHost,
      stack,
      hello,
      closeAgain,
      remove,
      gone() {
        clients--
        removeIfUnused()
      },
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
    stayOpen,
    closeInspector,
    remove,
  }
  globals[key] = self
  return self
}
