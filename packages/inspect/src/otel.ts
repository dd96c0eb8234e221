/// <reference types="node" preserve="true" />

import { context, metrics as otelMetrics, SpanStatusCode, trace } from '@opentelemetry/api'
import type {
  Attributes,
  BatchObservableResult,
  Context,
  Meter,
  Span,
  Tracer,
} from '@opentelemetry/api'
import { currentScope, instrument, requireOptions, requireWord } from 'corral/lowlevel'
import type { TaskRecord } from 'corral/lowlevel'
import { LoopDelays } from './metrics/loop-delay.ts'
import { measure } from './metrics/measure.ts'
import type { Sample } from './metrics/measure.ts'
import { traceSource } from './trace-source.ts'
import { currentRoot } from './tree.ts'

export interface TaskSpansOptions {
  /** `named`: tasks that have a name, their own or that of their function. `all`: every task. Default `named`. */
  readonly spans?: 'named' | 'all'
  /** Whether a task outside of any trace begins one. Default true; `false` shows tasks within requests and the like only. */
  readonly root?: boolean
  /** Default that of the API, called `corral`. */
  readonly tracer?: Tracer
}

/** What is known of a task while it lives. */
interface Traced {
  readonly span: Span | undefined
  /** Where it was spawned; a sibling's span begins there too. */
  readonly around: Context
}

/**
 * A span for each task: its parent is the span in which the task was spawned. A task that was spawned by a sibling, as a worker
 * starts the next one, has the sibling's parent: siblings stand side by side. A span ends when its task has, however that
 * goes, and at a crash; spans that the task makes itself are inside of it.
 *
 * It needs a context manager, which every SDK for Node brings.
 *
 * @example
 * using tracing = taskSpans({ spans: 'named' })
 * @see OpenTelemetry, JS API
 */
export function taskSpans(options: TaskSpansOptions = {}): Disposable {
  requireOptions('taskSpans', options)
  const { spans = 'named', root = true, tracer = trace.getTracer('corral') } = options
  requireWord('taskSpans: spans', spans, ['named', 'all'])
  const living = new Map<TaskRecord, Traced>()

  const stop = instrument({
    taskSpawned(task) {
      const around = contextFor(task)
      const wanted = spans === 'all' || task.name !== `task-${task.id}`
      const begin = wanted && (root || trace.getSpan(around) !== undefined)
      const attributes: Attributes = { 'corral.task.id': task.id }
      const span = begin ? tracer.startSpan(task.name, { attributes }, around) : undefined
      living.set(task, { span, around })
    },
    around(task, body) {
      const traced = living.get(task)
      if (traced?.span === undefined) context.with(traced?.around ?? context.active(), body)
      else context.with(trace.setSpan(traced.around, traced.span), body)
    },
    taskEnded(task) {
      const span = living.get(task)?.span
      living.delete(task)
      if (span === undefined) return
      const { status } = task
      span.setAttribute('corral.task.status', status)
      if (status === 'rejected') span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  })

  /** The span that was active where the task was spawned, or for a sibling, where that one was. */
  function contextFor(task: TaskRecord): Context {
    const spawner = currentScope().task
    const owner = task.scope.parent?.task
    if (spawner === undefined || spawner === owner) return context.active()
    const sibling = living.get(spawner)
    return sibling !== undefined && spawner.scope.parent?.task === owner
      ? sibling.around
      : context.active()
  }

  const endAll = (): void => {
    for (const { span } of living.values()) {
      span?.setAttribute('corral.task.status', 'running').end()
    }
    living.clear()
  }
  process.on('exit', endAll)
  process.on('uncaughtExceptionMonitor', endAll)
  traceSource.traceId = () => trace.getActiveSpan()?.spanContext().traceId
  return {
    [Symbol.dispose]() {
      stop()
      endAll()
      process.removeListener('exit', endAll)
      process.removeListener('uncaughtExceptionMonitor', endAll)
      traceSource.traceId = undefined
    },
  }
}

export interface TaskMetricsOptions {
  /** Default that of the API, called `corral`. */
  readonly meter?: Meter
}

/**
 * The numbers of the program as metrics of OpenTelemetry: those of `@corral/inspect/prometheus`, with dots in their names.
 *
 * @example
 * using measuring = taskMetrics()
 */
export function taskMetrics({
  meter = otelMetrics.getMeter('corral'),
}: TaskMetricsOptions = {}): Disposable {
  const root = currentRoot()
  const delays = new LoopDelays()
  const gauge = (
    name: string,
    description: string,
    unit = '1',
  ): ReturnType<Meter['createObservableGauge']> =>
    meter.createObservableGauge(`corral.${name}`, { description, unit })
  const tasks = gauge('tasks', 'Tasks that have not ended.')
  const waiting = gauge('waiting', 'Waits under way.')
  const longestWait = gauge('longest_wait', 'The longest wait under way.', 's')
  const size = gauge('resource.size', 'How much is in a resource.')
  const capacity = gauge('resource.capacity', 'How much may be in a resource.')
  const held = gauge('resource.held', 'How much of a resource is held.')
  const line = gauge('resource.waiting', 'How many wait in line for a resource.')
  const delay = gauge('loop.delay', 'How late the event loop was since the last time.', 's')
  const gauges = [tasks, waiting, longestWait, size, capacity, held, line, delay]

  const observe = (result: BatchObservableResult): void => {
    const now = measure(root)
    const { p50, p99, max } = delays.take()
    const all: [(typeof gauges)[number], readonly Sample[]][] = [
      [tasks, now.tasks],
      [waiting, now.waiting],
      [longestWait, now.longestWait],
      [size, now.size],
      [capacity, now.capacity],
      [held, now.held],
      [line, now.line],
      [
        delay,
        [
          { labels: { quantile: '0.5' }, value: p50 },
          { labels: { quantile: '0.99' }, value: p99 },
          { labels: { quantile: '1' }, value: max },
        ],
      ],
    ]
    for (const [of, samples] of all) {
      for (const { labels, value } of samples) result.observe(of, value, { ...labels })
    }
  }
  meter.addBatchObservableCallback(observe, gauges)
  return {
    [Symbol.dispose]() {
      meter.removeBatchObservableCallback(observe, gauges)
      delays[Symbol.dispose]()
    },
  }
}
