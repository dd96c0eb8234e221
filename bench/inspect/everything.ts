import { subscribe } from 'node:diagnostics_channel'
import { recorder, stuck, watchdog } from '@corral/inspect'
import { publishTasks } from '@corral/inspect/channels'
import { taskSpans } from '@corral/inspect/otel'
import { metrics } from '@corral/inspect/prometheus'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { Registry } from 'prom-client'

/** A span for each task, dropped when it ends. */
export function traceTasks(): void {
  const dropped = { onStart() {}, onEnd() {}, shutdown: done, forceFlush: done }
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [dropped] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  taskSpans()
}

async function done(): Promise<void> {}

/** Watchdog, `stuck`, recorder, spans, channels with a subscriber, and metrics, whose registry it returns. */
export function startEverything(): Registry {
  traceTasks()
  const dog = watchdog({ onBlocked: () => {} })
  stuck({ after: 1000, onStuck: () => {} })
  recorder()
  publishTasks()
  subscribe('corral:task.ended', () => {})
  const registry = new Registry()
  metrics({ registry, watchdog: dog })
  return registry
}
