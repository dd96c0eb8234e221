/// <reference types="node" preserve="true" />

import { requireOptions } from 'corral/lowlevel'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { LoopDelays } from './metrics/loop-delay.ts'
import { measure } from './metrics/measure.ts'
import type { Sample } from './metrics/measure.ts'
import { currentRoot } from './tree.ts'
import type { Watchdog } from './watchdog/watchdog.ts'

export interface MetricsOptions {
  /** Where the metrics go. There is no other: nothing is put into the global registry of prom-client. */
  readonly registry: Registry
  /** What their names begin with. Default `corral_`. */
  readonly prefix?: string
  /** Whether it is up, and what it has reported, become metrics too. */
  readonly watchdog?: Watchdog
}

/**
 * The numbers of the program as metrics of prom-client: tasks by the stem of their names, waits by call and resource, the
 * resources that are watched, and how late the event loop is. At most 1 000 series, whatever tasks are called: the rest is `other`.
 *
 * They are counted when the registry is asked: one step for each task and wait.
 *
 * @example
 * const registry = new Registry()
 * using exported = metrics({ registry })
 * // in the handler of GET /metrics: await registry.metrics()
 */
export function metrics(options: MetricsOptions): Disposable {
  requireOptions('metrics', options)
  const { registry, prefix = 'corral_', watchdog } = options
  const root = currentRoot()
  const delays = new LoopDelays()
  const gauges: Gauge[] = []
  const gauge = (name: string, help: string, labelNames: string[], collect?: () => void): Gauge => {
    const made = new Gauge({
      name: prefix + name,
      help,
      labelNames,
      registers: [registry],
      ...(collect !== undefined && { collect }),
    })
    gauges.push(made)
    return made
  }
  // The first is asked first, and sets all of them: one look for all.
  const tasks = gauge('tasks', 'Tasks that have not ended.', ['name'], () => collect())
  const waiting = gauge('waiting', 'Waits under way.', ['kind', 'resource'])
  const longest = gauge('longest_wait_seconds', 'The longest wait under way.', ['kind', 'resource'])
  const size = gauge('resource_size', 'How much is in a resource.', ['resource'])
  const capacity = gauge('resource_capacity', 'How much may be in a resource.', ['resource'])
  const held = gauge('resource_held', 'How much of a resource is held.', ['resource'])
  const line = gauge('resource_waiting', 'How many wait in line for a resource.', ['resource'])
  const delay = gauge('loop_delay_seconds', 'How late the event loop was since the last time.', [
    'quantile',
  ])
  if (watchdog !== undefined) {
    const up = gauge('watchdog_up', 'Whether the watchdog is at work.', [], () =>
      up.set(watchdog.up ? 1 : 0),
    )
    const blocks = gauge(
      'watchdog_blocks',
      'Blocks of the event loop that were reported.',
      [],
      () => blocks.set(watchdog.blocks),
    )
  }
  return {
    [Symbol.dispose]() {
      delays[Symbol.dispose]()
      for (const made of gauges) {
        registry.removeSingleMetric((made as unknown as { readonly name: string }).name)
      }
    },
  }

  function collect(): void {
    const now = measure(root)
    set(tasks, now.tasks)
    set(waiting, now.waiting)
    set(longest, now.longestWait)
    set(size, now.size)
    set(capacity, now.capacity)
    set(held, now.held)
    set(line, now.line)
    const { p50, p99, max } = delays.take()
    set(delay, [
      { labels: { quantile: '0.5' }, value: p50 },
      { labels: { quantile: '0.99' }, value: p99 },
      { labels: { quantile: '1' }, value: max },
    ])
  }
}

function set(gauge: Gauge, samples: readonly Sample[]): void {
  gauge.reset()
  for (const { labels, value } of samples) gauge.set({ ...labels }, value)
}
