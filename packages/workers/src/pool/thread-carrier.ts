import { Worker } from 'node:worker_threads'
import type { Transferable } from 'node:worker_threads'
import { SharedMarks } from '../wire/marks.ts'
import type { FromThread, ThreadData, ToThread } from '../wire/messages.ts'
import type { Carrier, CarrierEvents } from './carrier.ts'
import { moduleUrl } from './module-url.ts'
import type { PoolSettings } from './options.ts'

const MAIN = moduleUrl(new URL('../thread/main.ts', import.meta.url))

/** A thread of this process. */
export class ThreadCarrier implements Carrier {
  readonly word = 'thread'
  readonly marks: SharedMarks = new SharedMarks()
  readonly #worker: Worker

  constructor(url: string, settings: PoolSettings, events: CarrierEvents) {
    const { name, env, execArgv, memory } = settings
    const workerData: ThreadData = {
      url,
      cells: this.marks.cells,
      context: settings.context.map(([key]) => key),
    }
    this.#worker = new Worker(new URL(MAIN), {
      workerData,
      name,
      ...(env && { env: { ...env } }),
      ...(execArgv && { execArgv: [...execArgv] }),
      ...(memory && { resourceLimits: { maxOldGenerationSizeMb: memory } }),
    })
    this.#worker.on('message', (message: FromThread) => events.message(message))
    this.#worker.on('messageerror', (error) => {
      events.failed(error)
      this.kill()
    })
    this.#worker.on('error', (error) => events.failed(error))
    this.#worker.on('exit', (code) => events.exited(`exited with code ${code}`))
  }

  post(message: ToThread, transfer?: Transferable[]): void {
    this.#worker.postMessage(message, transfer)
  }

  ref(): void {
    this.#worker.ref()
  }

  unref(): void {
    this.#worker.unref()
  }

  kill(): void {
    void this.#worker.terminate()
  }
}
