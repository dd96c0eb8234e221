import type { Trace } from './trace.ts'

/** A trace in the JSON of Chrome's tracing, which more tools can read: each task is a thread there. */
export function toChrome(trace: Trace, process: { pid: number; name: string }): Uint8Array {
  const { pid } = process
  const start = trace.steps.reduce((least, { time }) => Math.min(least, time), Infinity)
  const events: object[] = [
    { ph: 'M', pid, name: 'process_name', args: { name: process.name } },
    ...trace.tracks.map(({ task, name }) => ({
      ph: 'M',
      pid,
      tid: task,
      name: 'thread_name',
      args: { name: `${name} #${task}` },
    })),
    ...trace.steps.map(({ task, type, time, name, category }) => ({
      ph: type === 'begin' ? 'B' : 'E',
      pid,
      tid: task,
      ts: Math.round((time - start) * 1e6) / 1e3,
      name,
      cat: category,
    })),
  ]
  const lines = events.map((event) => JSON.stringify(event)).join(',\n')
  return new TextEncoder().encode(`{"displayTimeUnit":"ms","traceEvents":[\n${lines}\n]}\n`)
}
