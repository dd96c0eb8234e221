import type perfHooksModule from 'node:perf_hooks'
import type { ScopeNode, TaskRecord } from 'corral/lowlevel'

/** What happened since the pulse was last taken. */
export interface Pulse {
  /** Milliseconds that it is about. */
  readonly ms: number
  /** The part of it in which the loop did not rest, 0 to 1. */
  readonly busy: number
  /** Milliseconds by which the loop was late. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly spawned: number
  readonly ended: number
  readonly spawnedByStem: readonly (readonly [stem: string, count: number])[]
  readonly cpu: { readonly user: number; readonly system: number }
  readonly heapUsed: number
  readonly rss: number
}

export interface PulseMeter {
  readonly hooks: object
  start(): void
  take(): Pulse
  stop(): void
}

export interface PulseParts {
  readonly nameStem: (name: string) => string
}

export interface PulseHost {
  readonly perfHooks: typeof perfHooksModule
  readonly process: typeof globalThis.process
  readonly now: () => number
}

/**
 * Measures the loop, and counts tasks that are spawned. The resolution of the delay is 10 ms, which is taken off. Its source
 * is sent to other processes: it names nothing outside.
 */
export function pulseMeter(parts: PulseParts, host: PulseHost): PulseMeter {
  const resolution = 10
  const { performance, monitorEventLoopDelay } = host.perfHooks
  const histogram = monitorEventLoopDelay({ resolution })
  let since = host.now()
  let utilization = performance.eventLoopUtilization()
  let cpu = host.process.cpuUsage()
  let spawned = 0
  let ended = 0
  let byStem = new Map<string, number>()

  function late(nanoseconds: number): number {
    const ms = nanoseconds / 1e6 - resolution
    return Number.isFinite(ms) && ms > 0 ? Math.round(ms * 10) / 10 : 0
  }

  return {
    hooks: {
      taskSpawned({ name }: TaskRecord & { readonly scope: ScopeNode }): void {
        spawned++
        const stem = parts.nameStem(name)
        if (byStem.size < 1000 || byStem.has(stem)) byStem.set(stem, (byStem.get(stem) ?? 0) + 1)
      },
      taskEnded(): void {
        ended++
      },
    },
    start: () => void histogram.enable(),
    take() {
      const now = host.now()
      const { utilization: busy } = performance.eventLoopUtilization(utilization)
      const used = host.process.cpuUsage(cpu)
      const memory = host.process.memoryUsage()
      const pulse: Pulse = {
        ms: now - since,
        busy,
        delay: {
          p50: late(histogram.percentile(50)),
          p99: late(histogram.percentile(99)),
          max: late(histogram.max),
        },
        spawned,
        ended,
        spawnedByStem: [...byStem],
        cpu: { user: used.user / 1000, system: used.system / 1000 },
        heapUsed: memory.heapUsed,
        rss: memory.rss,
      }
      since = now
      utilization = performance.eventLoopUtilization()
      cpu = host.process.cpuUsage()
      histogram.reset()
      spawned = 0
      ended = 0
      byStem = new Map()
      return pulse
    },
    stop: () => void histogram.disable(),
  }
}
