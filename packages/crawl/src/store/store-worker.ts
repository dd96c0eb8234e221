/**
 * The writer thread of a store: one `StoreEngine`, one call at a time, in the order in which they came. It imports nothing
 * but Node and its neighbours, so that it starts as it stands: from source where types are stripped, or built.
 *
 * It is not the writer of `@corral/db`: what happens to a link depends on the rows before it, so that each would need messages
 * of its own, where one call now stores many pages. With a commit for every 50 links that takes half as long again
 * (`bench/db/store-way.ts`).
 */
import { parentPort, workerData } from 'node:worker_threads'
import { unpackOutcomes } from './outcome-packing.ts'
import { StoreEngine, type StoreEngineOptions } from './store-engine.ts'
import { StoreError } from './store-error.ts'
import type { StoreCall, StoreReply } from './store-protocol.ts'

const { file, options } = workerData as { file: string; options: StoreEngineOptions }
let engine: StoreEngine | undefined

parentPort?.on('message', ({ id, call }: { id: number; call: StoreCall }) => {
  let reply: StoreReply
  try {
    reply = { id, result: answer(call) }
  } catch (error) {
    const { code, message, stack } = error as Error & { code?: string }
    const known = error instanceof StoreError
    reply = { id, error: { code: known ? String(code) : 'STORE_FAILED', message, stack } }
  }
  parentPort?.postMessage(reply, [])
})

function answer(call: StoreCall): unknown {
  if (call.op === 'open') {
    engine = new StoreEngine(file, options)
    return engine.counts()
  }
  if (engine === undefined) {
    throw new StoreError('STORE_FAILED', file, `store ${file} is not open`)
  }
  switch (call.op) {
    case 'seed':
      return engine.seed(call.urls)
    case 'seedSitemaps':
      return engine.seedSitemaps(call.urls, call.before)
    case 'refresh':
      return engine.refresh(call.before)
    case 'retryFailed':
      return engine.retryFailed()
    case 'commit':
      return engine.commit(unpackOutcomes(call.outcomes))
    case 'claim':
      return engine.claim(call.limit, call.perOrigin)
    case 'skipped':
      return engine.skipped(call.after, call.limit, call.reason)
    case 'unskip':
      return engine.unskip(call.ids)
    case 'retryRefused':
      return engine.retryRefused()
    case 'note':
      return engine.note(call.judgement, call.extraction, call.at)
    case 'bodyOf':
      return engine.bodyOf(call.id)
    case 'keepRecords':
      return engine.keepRecords(call.records)
    case 'cookies':
      return engine.cookies()
    case 'keepCookies':
      return engine.keepCookies(call.jars)
    case 'redirectsOf':
      return engine.redirectsOf(call.urls)
    case 'close':
      engine.close()
      engine = undefined
      // Nothing is left to wait for: the thread ends by itself.
      parentPort?.unref()
      return undefined
  }
}
