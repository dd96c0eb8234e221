import type { Socket } from 'node:net'
import type { ScopeNode } from 'corral/lowlevel'
import type { CpuSampler, CpuSamplerParts, SamplerHost } from './cpu-sampler.ts'
import type { EventTap } from './event-tap.ts'
import type { PulseHost, PulseMeter, PulseParts } from './pulse.ts'
import type { Hello, Reading } from './reading.ts'
import type { Instance, ReaderHost, TreeReader, TreeReaderParts } from './reader-host.ts'

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

export interface ServeClientParts extends TreeReaderParts {
  readonly treeReader: (parts: TreeReaderParts, host: ReaderHost, most: number) => TreeReader
  readonly probeStack: (scope: ScopeNode) => Promise<string | undefined>
  readonly eventTap: (size: number) => EventTap
  readonly cpuSampler: (parts: CpuSamplerParts, host: SamplerHost) => CpuSampler
  readonly pulseMeter: (parts: PulseParts, host: PulseHost) => PulseMeter
}

/** What a client needs of the agent that it talks to. */
export interface ClientHost {
  readonly globals: Record<symbol, unknown>
  readonly builtin: (name: string) => never
  readonly now: () => number
  readonly process: typeof globalThis.process
  readonly readable: () => readonly Instance[]
  readonly readerHost: ReaderHost
  readonly stack: (limit: number) => readonly string[]
  readonly hello: () => Hello
  readonly closeAgain: () => void
  readonly remove: () => void
  /** The client is gone. */
  readonly gone: () => void
}

/**
 * Answers one client until it goes. Nothing happens but what it asks for, a slice of some milliseconds at a time. Its source is
 * sent to other processes: it names nothing outside.
 */
export function serveClient(parts: ServeClientParts, socket: Socket, host: ClientHost): void {
  const { now } = host
  let spent = 0
  let text = ''
  let reader: TreeReader | undefined
  let head: Reading | undefined
  let pulse: PulseMeter | undefined
  let sampler: CpuSampler | undefined
  let tap: EventTap | undefined
  const undo: (() => void)[] = []

  function observe(hooks: object): void {
    for (const instance of host.readable()) undo.push(instance.instrument(hooks))
  }

  function reading(): object {
    if (reader?.step(6) !== true) return { done: false }
    head = reader.result()
    const { rows, ...rest } = head
    return { done: true, reading: { ...rest, rowCount: rows.length } }
  }

  async function stacksOf(refs: readonly number[]): Promise<readonly (readonly string[])[]> {
    const found: (readonly string[])[] = []
    for (const ref of refs) {
      const scope = reader?.scopeOf(ref)
      Error.stackTraceLimit = 40
      const lines = scope === undefined || scope.closed ? undefined : await parts.probeStack(scope)
      found.push((lines ?? '').split('\n').slice(1))
    }
    return found
  }

  function pulseNow(): unknown {
    if (pulse === undefined) {
      pulse = parts.pulseMeter(parts, {
        perfHooks: host.builtin('node:perf_hooks'),
        process: host.process,
        now,
      })
      pulse.start()
      observe(pulse.hooks)
    }
    return pulse.take()
  }

  function sampleNow(stacks: boolean): unknown {
    if (sampler === undefined) {
      sampler = parts.cpuSampler(parts, {
        globalThis: host.globals,
        instances: host.readable,
        stack: host.stack,
        workerThreads: host.builtin('node:worker_threads'),
      })
      sampler.start(stacks)
    }
    return sampler.take()
  }

  function tapNow(most: number): unknown {
    if (tap === undefined) {
      tap = parts.eventTap(500_000)
      observe(tap.hooks)
    }
    return tap.take(most)
  }

  function answer({ ask, most = 10_000, from = 0, refs = [], stacks = false }: Question): unknown {
    switch (ask) {
      case 'hello':
        // It answers in a turn of its own: nothing was interrupted.
        return { ...host.hello(), running: { path: [], task: undefined, stack: [] } }
      case 'read':
        reader = parts.treeReader(parts, host.readerHost, most)
        return reading()
      case 'more':
        return reading()
      case 'rows':
        return head?.rows.slice(from, from + most)
      case 'stacks':
        return stacksOf(refs)
      case 'pulse':
        return pulseNow()
      case 'sample':
        return sampleNow(stacks)
      case 'tap':
        return tapNow(most)
      case 'close-inspector':
        return host.closeAgain()
      case 'remove':
        return undefined
    }
  }

  async function handle(line: string): Promise<void> {
    const start = now()
    let id = -1
    let value: unknown
    let error: string | undefined
    let last = false
    try {
      const question = JSON.parse(line) as Question
      id = question.id
      last = question.ask === 'remove'
      value = answer(question)
      if (question.ask === 'stacks') value = await value
    } catch (thrown) {
      error = String((thrown as Error | undefined)?.message ?? thrown)
    }
    const told = JSON.stringify({ id, value, error })
    spent += now() - start
    if (!socket.destroyed) socket.write(`${told.slice(0, -1)},"spent":${spent.toFixed(3)}}\n`)
    if (last) host.remove()
  }

  socket.unref()
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
    host.gone()
  })
}
