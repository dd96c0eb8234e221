import { AsyncLocalStorage } from 'node:async_hooks'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { mapConcurrent, run, sleep, spawn, taskGroup } from 'corral'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { logFields } from '../src/log-fields.ts'
import { taskSpans } from '../src/otel.ts'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const tracer = trace.getTracer('test')
beforeEach(() => exporter.reset())
afterAll(() => context.disable())

/** Each span that has ended, with the name of its parent. */
function spans(): Record<string, string> {
  const all = exporter.getFinishedSpans()
  const names = new Map(all.map((span) => [span.spanContext().spanId, span.name]))
  const parent = ({ parentSpanContext }: ReadableSpan): string =>
    parentSpanContext === undefined ? '-' : (names.get(parentSpanContext.spanId) ?? '?')
  return Object.fromEntries(all.map((span) => [span.name, parent(span)]))
}

describe('taskSpans', () => {
  test('make a span of each task that has a name, below the one it was spawned in', async () => {
    await run(async () => {
      using _ = taskSpans()
      await taskGroup((group) => {
        group.spawn(
          async () => {
            await sleep(1)
            await tracer.startActiveSpan('by hand', async (span) => {
              await spawn(() => sleep(1), { name: 'inner' })
              span.end()
            })
            await spawn(() => sleep(1))
          },
          { name: 'outer' },
        )
      })
    })
    expect(spans()).toEqual({ outer: '-', 'by hand': 'outer', inner: 'by hand' })
  })

  test('stand side by side where one sibling spawns the next', async () => {
    await run(async () => {
      using _ = taskSpans()
      await tracer.startActiveSpan('request', async (request) => {
        await taskGroup((group) => {
          group.spawn(
            async () => {
              await sleep(1)
              group.spawn(() => sleep(1), { name: 'second' })
            },
            { name: 'first' },
          )
        })
        request.end()
      })
    })
    expect(spans()).toEqual({ request: '-', first: 'request', second: 'request' })
  })

  test('keep the parent through the workers of mapConcurrent', async () => {
    await run(async () => {
      using _ = taskSpans({ root: false })
      await tracer.startActiveSpan('request', async (request) => {
        await mapConcurrent(
          [1, 2, 3],
          async (i) => {
            await tracer.startActiveSpan(`item ${i}`, async (span) => {
              await sleep(1)
              span.end()
            })
          },
          { concurrency: 2 },
        )
        request.end()
      })
    })
    expect(new Set(Object.values(spans())).has('?')).toBe(false)
    const workers = Object.entries(spans()).filter(([name]) => name.startsWith('mapConcurrent['))
    expect(workers.map(([, parent]) => parent)).toEqual(['request', 'request'])
  })

  test('end with the task, whether it fails, is cancelled, or outlives the tracing', async () => {
    await run(async () => {
      const tracing = taskSpans({ spans: 'all' })
      const cancelled = spawn(() => sleep(1000), { name: 'cancelled' })
      const failing = taskGroup((group) => {
        group.spawn(() => Promise.reject(new Error('no')), { name: 'failed' })
      })
      await expect(failing).rejects.toThrow('no')
      cancelled.cancel()
      await cancelled.settled()
      const late = spawn(() => sleep(1000), { name: 'late' })
      await sleep(1)
      tracing[Symbol.dispose]()
      await late
    })
    const all = exporter.getFinishedSpans()
    const of = (name: string): unknown =>
      all.find((span) => span.name === name)?.attributes['corral.task.status']
    expect([of('cancelled'), of('failed'), of('late')]).toEqual([
      'cancelled',
      'rejected',
      'running',
    ])
    expect(all.find(({ name }) => name === 'failed')?.status.code).toBe(2)
  })

  test('begin no trace of their own when they are told not to', async () => {
    await run(async () => {
      using _ = taskSpans({ root: false })
      await spawn(() => sleep(1), { name: 'alone' })
    })
    expect(spans()).toEqual({})
  })

  test('leave what travels along the awaits as it is, and name the trace in logs', async () => {
    const local = new AsyncLocalStorage<string>()
    await run(async () => {
      using _ = taskSpans()
      await local.run('mine', () =>
        spawn(
          async () => {
            await sleep(1)
            expect(local.getStore()).toBe('mine')
            expect(logFields().traceId).toBe(trace.getActiveSpan()?.spanContext().traceId)
            expect(logFields().traceId).toMatch(/^[\da-f]{32}$/)
          },
          { name: 'named' },
        ),
      )
    })
    expect(logFields()).toEqual({})
  })
})
