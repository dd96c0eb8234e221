// What a pool's thread runs: it loads the worker module and does the jobs that it is told.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { TaskLocal } from 'corral'
import { encodeError } from '../wire/encode-error.ts'
import { Said, Told } from '../wire/messages.ts'
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
  post: (message, transfer) => port.postMessage(message, transfer ?? []),
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
  const job = currentJob()
  switch (message[0]) {
    case Told.JOB:
      void perform(message)
      break
    case Told.CANCEL:
      if (job?.id === message[1]) job.cancel(message[2])
      break
    case Told.MORE:
      if (job?.id === message[1]) job.more(message[2])
      break
    case Told.END:
      process.exit(0)
  }
}

async function perform(message: JobMessage): Promise<void> {
  const [, id, name, args, , , values] = message
  const job = new ThreadJob(message, host)
  setCurrentJob(job)
  const { functions } = worker
  const call = (): unknown => Reflect.apply(functions[name] as WorkerFunction, functions, args)
  const ended = await job.perform(call, values && ((work) => inContext(values, work)))
  setCurrentJob(undefined)
  if (ended[0] !== Said.VALUE) {
    tell(ended)
    return
  }
  try {
    port.postMessage(ended, transfersOf(ended[2]) ?? [])
  } catch (error) {
    tell([Said.ERROR, id, encodeError(notCopied('the result', name, error))])
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
  tell([Said.READY, Object.keys(worker.functions), Object.keys(worker.context)])
} catch (error) {
  tell([Said.FAILED, encodeError(error)])
}
