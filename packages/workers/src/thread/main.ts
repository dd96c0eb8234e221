// What a pool's thread runs: it loads the worker module and does the jobs that it is told.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { TaskLocal } from 'corral'
import { encodeError } from '../wire/encode-error.ts'
import type { FromThread, JobMessage, ThreadData, ToThread } from '../wire/messages.ts'
import { currentJob, setCurrentJob } from './current-job.ts'
import { definitionsIn } from './define-worker.ts'
import type { WorkerDefinition, WorkerFunction } from './define-worker.ts'
import { notCopied } from './not-copied.ts'
import { ThreadJob } from './thread-job.ts'
import type { JobHost } from './thread-job.ts'
import { transfersOf } from './transfer.ts'

const port = parentPort as MessagePort
const { url, cells, context } = workerData as ThreadData
let worker: WorkerDefinition<Record<string, WorkerFunction>>

const host: JobHost = {
  cells,
  post: (message, transfer) => port.postMessage(message, [...transfer]),
  receive() {
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
      handle(got.message)
    }
  },
}

function tell(message: FromThread): void {
  port.postMessage(message)
}

function handle(message: ToThread): void {
  switch (message.kind) {
    case 'job':
      void perform(message)
      break
    case 'cancel':
      if (currentJob()?.id === message.id) currentJob()?.cancel(message.reason)
      break
    case 'more':
      if (currentJob()?.id === message.id) currentJob()?.more(message.count)
      break
    case 'end':
      process.exit(0)
  }
}

async function perform(message: JobMessage): Promise<void> {
  const job = new ThreadJob(message, host)
  setCurrentJob(job)
  const { functions } = worker
  const ended = await job.perform(
    () => Reflect.apply(functions[message.name] as WorkerFunction, functions, message.args),
    (work) => inContext(message.context, work),
  )
  setCurrentJob(undefined)
  if (ended.kind !== 'value') {
    tell(ended)
    return
  }
  try {
    port.postMessage(ended, [...transfersOf(ended.value)])
  } catch (error) {
    const { id, name } = message
    tell({ kind: 'error', id, error: encodeError(notCopied('the result', name, error)) })
  }
}

/** Runs `work` with the values around it that came along. */
function inContext(values: readonly unknown[], work: () => unknown): unknown {
  let run = work
  for (const [i, key] of context.entries()) {
    const local = worker.context[key] as TaskLocal<unknown>
    const inner = run
    run = () => local.run(values[i], inner)
  }
  return run()
}

try {
  worker = definitionsIn((await import(url)) as Record<string, unknown>)
  port.on('message', handle)
  tell({
    kind: 'ready',
    functions: Object.keys(worker.functions),
    context: Object.keys(worker.context),
  })
} catch (error) {
  tell({ kind: 'failed', error: encodeError(error) })
}
