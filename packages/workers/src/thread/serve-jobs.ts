import type { Transferable } from 'node:worker_threads'
import type { TaskLocal } from 'corral'
import { encodeError } from '../wire/encode-error.ts'
import type { Marks } from '../wire/marks.ts'
import { Said, Told } from '../wire/messages.ts'
import type { FromThread, JobMessage, ToThread } from '../wire/messages.ts'
import { currentJob, setCurrentJob } from './current-job.ts'
import { definitionsIn } from './define-worker.ts'
import type { WorkerDefinition, WorkerFunction } from './define-worker.ts'
import { notCopied } from './not-copied.ts'
import { ThreadJob } from './thread-job.ts'
import { transfersOf } from './transfer.ts'

/** The way to the pool's side. */
export interface Link {
  readonly marks: Marks
  /** @throws DataCloneError */
  post(message: FromThread, transfer?: Transferable[]): void
  /** From now on messages are handled as they come. */
  listen(handle: (message: ToThread) => void): void
  /** Makes the job know why it is to end, without a turn of the event loop. */
  hurry(handle: (message: ToThread) => void): void
}

/** Loads the worker module and does the jobs that it is told, one at a time. */
export async function serveJobs(
  url: string,
  context: readonly string[],
  link: Link,
): Promise<void> {
  let worker: WorkerDefinition<Record<string, WorkerFunction>>

  const host = {
    marks: link.marks,
    post: link.post,
    hurry: () => link.hurry(handle),
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
      case Told.REPLY:
        if (job?.id === message[1]) job.replied(message)
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
    const inside = values && ((work: () => unknown) => inContext(worker, context, values, work))
    const ended = await job.perform(call, inside)
    setCurrentJob(undefined)
    if (ended[0] !== Said.VALUE) {
      link.post(ended)
      return
    }
    try {
      link.post(ended, transfersOf(ended[2]))
    } catch (error) {
      link.post([Said.ERROR, id, encodeError(notCopied('the result', name, error))])
    }
  }

  try {
    worker = definitionsIn((await import(url)) as Record<string, unknown>)
    link.listen(handle)
    link.post([Said.READY, Object.keys(worker.functions), Object.keys(worker.context)])
  } catch (error) {
    link.post([Said.FAILED, encodeError(error)])
  }
}

/** Runs `work` with the values around it that came along. */
function inContext(
  worker: WorkerDefinition<unknown>,
  context: readonly string[],
  values: readonly unknown[],
  work: () => unknown,
): unknown {
  let run = work
  for (const [i, key] of context.entries()) {
    const local = worker.context[key] as TaskLocal<unknown>
    const inner = run
    run = () => local.run(values[i], inner)
  }
  return run()
}
