import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

interface Thread {
  readonly worker: Worker
  done: ((value: number) => void) | undefined
}

interface Call {
  readonly args: readonly [number, number]
  readonly resolve: (value: number) => void
}

/** The floor: threads by hand, one call at a time in each, first come first served. */
export class RawPool {
  readonly #idle: Thread[] = []
  readonly #line: Call[] = []
  #next = 0

  static async open(threads: number): Promise<RawPool> {
    const pool = new RawPool()
    for (let i = 0; i < threads; i++) {
      const worker = new Worker(new URL('./raw-thread.ts', import.meta.url))
      await once(worker, 'online')
      const thread: Thread = { worker, done: undefined }
      worker.on('message', ({ value }: { value: number }) => {
        const done = thread.done
        pool.#idle.push(thread)
        pool.#serve()
        done?.(value)
      })
      pool.#idle.push(thread)
    }
    return pool
  }

  add(a: number, b: number): Promise<number> {
    return new Promise((resolve) => {
      this.#line.push({ args: [a, b], resolve })
      this.#serve()
    })
  }

  #serve(): void {
    while (this.#next < this.#line.length && this.#idle.length > 0) {
      const thread = this.#idle.pop() as Thread
      const { args, resolve } = this.#line[this.#next++] as Call
      thread.done = resolve
      thread.worker.postMessage({ id: this.#next, args })
    }
    if (this.#next === this.#line.length) {
      this.#line.length = 0
      this.#next = 0
    }
  }
}
