import type workerThreadsModule from 'node:worker_threads'
import type { ScopeNode, TaskRecord } from 'corral/lowlevel'
import type { Instance } from './reader-host.ts'

/** What samples have found since they were last taken. */
export interface Sampled {
  readonly samples: number
  /** Samples that found the loop at rest, or in native code outside of any task. */
  readonly idle: number
  /** By stem of the task, and by `(no task)`. */
  readonly byStem: readonly (readonly [stem: string, count: number])[]
  /** Folded stacks: tasks, then functions, outermost first, with `;` between them. */
  readonly stacks: readonly (readonly [path: string, count: number])[]
  /** Why there are none. */
  readonly refused: string | undefined
}

/** Asks again and again what the main thread is doing. */
export interface CpuSampler {
  start(stacks: boolean): void
  take(): Sampled
  stop(): void
}

export interface CpuSamplerParts {
  readonly nameStem: (name: string) => string
}

export interface SamplerHost {
  readonly globalThis: Record<symbol, unknown>
  readonly instances: () => readonly Instance[]
  readonly stack: (limit: number) => readonly string[]
  readonly workerThreads: typeof workerThreadsModule
}

/**
 * Finds out which tasks compute. A thread of its own asks through the inspector, which interrupts what is running, a hundred
 * times a second; no port is opened. Its source is sent to other processes: it names nothing outside.
 */
export function cpuSampler(parts: CpuSamplerParts, host: SamplerHost): CpuSampler {
  const mostStacks = 5000
  const key = Symbol.for('corral.inspect.sample')
  let worker: workerThreadsModule.Worker | undefined
  let refused: string | undefined
  let withStacks = false
  let samples = 0
  let idle = 0
  let byStem = new Map<string, number>()
  let folded = new Map<string, number>()

  const source = `
    const { Session } = require('node:inspector')
    const session = new Session()
    const expression = 'globalThis[Symbol.for("corral.inspect.sample")]?.()'
    let asked = false
    function ask() {
      if (asked) return
      asked = true
      session.post('Runtime.evaluate', { expression, silent: true, returnByValue: true }, () => { asked = false })
    }
    try {
      session.connectToMainThread()
      setInterval(ask, 10)
    } catch {
      process.exit(1)
    }`

  function add(map: Map<string, number>, name: string): void {
    map.set(name, (map.get(name) ?? 0) + 1)
  }

  function sample(): void {
    samples++
    const stack = host.stack(withStacks ? 60 : 1)
    let path: string[] = []
    for (const instance of host.instances()) {
      let scope: ScopeNode | undefined = instance.current()
      for (; scope !== undefined; scope = scope.parent) {
        const task: TaskRecord | undefined = scope.task
        if (task !== undefined && task.scope === scope) path.push(parts.nameStem(task.name))
        if (!withStacks && path.length > 0) break
      }
      if (path.length > 0) break
    }
    if (path.length === 0 && stack.length === 0) {
      idle++
      return
    }
    add(byStem, path[0] ?? '(no task)')
    if (!withStacks) return
    if (path.length > 60) path = [...path.slice(0, 30), '…', ...path.slice(-30)]
    path.reverse()
    const frames = stack.some((line) => line.includes('corral-agent'))
      ? ['(looking on)']
      : stack.flatMap(functionsOf).reverse()
    if (frames.length === 0 && path.length === 0) frames.push('(runtime)')
    const way = [...path.map((name) => `[${name.replaceAll(';', ',')}]`), ...frames].join(';')
    if (folded.has(way) || folded.size < mostStacks) add(folded, way)
    else add(folded, '(others)')
  }

  // The runtime's and corral's own: what they take is told as their caller's.
  const foreign =
    /^(node:|internal\/|<anonymous>|native)|[/\\]node_modules[/\\](@corral[/\\]|corral[/\\])|[/\\]packages[/\\]core[/\\](src|dist)[/\\]/

  /** `inner report.ts:7` of a line of a stack. */
  function functionsOf(line: string): string[] {
    const [, name = '', place = ''] = /^\s*at (?:(?:async )?(.*?) \()?(.*?)\)?$/.exec(line) ?? []
    if (foreign.test(place)) return []
    const file = place.replace(/^.*[/\\]/, '').replace(/:\d+$/, '')
    const own = name.replace(/^TaskNode\./, '').replace(/ \[as \w+\]$/, '')
    return [`${own === '' ? '(anonymous)' : own} ${file}`.replaceAll(';', ',')]
  }

  return {
    start(stacks) {
      withStacks ||= stacks
      if (worker !== undefined) return
      host.globalThis[key] = sample
      try {
        worker = new host.workerThreads.Worker(source, {
          eval: true,
          execArgv: [],
          env: {},
          stdin: false,
          stdout: true,
          stderr: true,
          name: 'corral inspect',
        })
        worker.unref()
        worker.on('exit', () => {
          if (worker !== undefined) refused ??= 'its runtime has no such session'
        })
        worker.on('error', (error: Error) => {
          refused = error.message
        })
      } catch (error) {
        refused = (error as Error).message
      }
    },
    take() {
      const told: Sampled = {
        samples,
        idle,
        byStem: [...byStem],
        stacks: [...folded],
        refused,
      }
      samples = 0
      idle = 0
      byStem = new Map()
      folded = new Map()
      return told
    },
    stop() {
      void worker?.terminate()
      worker = undefined
      delete host.globalThis[key]
    },
  }
}
