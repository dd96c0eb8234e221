import type { createHook as CreateHook, HookCallbacks } from 'node:async_hooks'
import { livingScope } from '../../kernel/current.ts'
import type { Runtime } from '../../kernel/records.ts'

interface Host {
  process?: { getBuiltinModule?: (id: string) => { createHook?: typeof CreateHook } | undefined }
}

/** What the machine does and answers, as Node calls it: files, names, sockets, processes, threads, hashes. */
const answers =
  /^(?:FSREQ|FILEHANDLE|GETADDRINFO|GETNAMEINFO|QUERYWRAP|TCPCONNECT|PIPECONNECT|TCPWRAP|TLSWRAP|UDPWRAP|PROCESSWRAP|WORKER|HTTPCLIENT|ZLIB|STATWATCHER|FSEVENT|\w+REQUEST$|CheckPrime)/

/** Handles count until they are closed, everything else until it has answered. */
const handles =
  /^(?:TCPWRAP|TLSWRAP|UDPWRAP|PROCESSWRAP|WORKER|STATWATCHER|FSEVENT|HTTPCLIENT|ZLIB)/

interface Hook {
  enable(): unknown
  disable(): unknown
}

interface Begun {
  readonly kind: string
  readonly in: InFlight
}

const begun = new Map<number, Begun>()
const watched = new Map<Runtime, InFlight>()
/** What begins is heard of in each run, what ends only while something is under way: it is asked for each tick. */
let beginnings: Hook | undefined
let ends: Hook | undefined

/**
 * The real things that one run has begun and that have not ended: each is known by who began it, so that
 * no socket of an earlier test is taken for one of this.
 */
export class InFlight implements Disposable {
  readonly #runtime: Runtime
  readonly #kinds = new Map<number, string>()
  /** How many the run has begun so far. */
  begun = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    watched.set(runtime, this)
    beginnings ??= makeHook(onBegin)
    if (watched.size === 1) beginnings?.enable()
  }

  get size(): number {
    return this.#kinds.size
  }

  /** Such as `FSREQCALLBACK`, each once. */
  get kinds(): string[] {
    return [...new Set(this.#kinds.values())]
  }

  add(id: number, kind: string): void {
    this.begun += 1
    this.#kinds.set(id, kind)
    ends ??= makeHook(onEnd)
    if (begun.size === 0) ends?.enable()
    begun.set(id, { kind, in: this })
  }

  remove(id: number): void {
    this.#kinds.delete(id)
    begun.delete(id)
    if (begun.size === 0) ends?.disable()
  }

  [Symbol.dispose](): void {
    for (const id of this.#kinds.keys()) this.remove(id)
    watched.delete(this.#runtime)
    if (watched.size === 0) beginnings?.disable()
  }
}

const onBegin = {
  init(id: number, kind: string): void {
    if (kind === 'TickObject' || !answers.test(kind)) return
    const runtime = livingScope()?.runtime
    if (runtime !== undefined) watched.get(runtime)?.add(id, kind)
  },
}

const onEnd = {
  after(id: number): void {
    const known = begun.get(id)
    if (known !== undefined && !handles.test(known.kind)) known.in.remove(id)
  },
  destroy(id: number): void {
    begun.get(id)?.in.remove(id)
  },
}

/** Promises are left out: there are too many. */
function makeHook(callbacks: HookCallbacks): Hook | undefined {
  const hooks = (globalThis as Host).process?.getBuiltinModule?.('node:async_hooks')
  return hooks?.createHook?.({ ...callbacks, trackPromises: false })
}
