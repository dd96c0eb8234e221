import { BrokenError } from 'corral'
import type { Task } from 'corral'
import type { MemoryTransport } from '../transport/memory-transport.ts'
import { TestResponse } from './test-response.ts'

/** A request under way. Await it for its answer, which has its head when it is there. */
export class Call implements PromiseLike<TestResponse> {
  readonly #transport: MemoryTransport
  readonly #task: Task<void>

  /** Made by `testClient`, not by hand. */
  constructor(transport: MemoryTransport, task: Task<void>) {
    this.#transport = transport
    this.#task = task
  }

  /** The client goes, as when its socket closes. */
  disconnect(): void {
    this.#transport.disconnect()
  }

  /** Waits until the request's task has ended, its cleanup included; says nothing of how. */
  async ended(): Promise<void> {
    await this.#task.settled()
  }

  then<A = TestResponse, B = never>(
    onFulfilled?: ((value: TestResponse) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#answer().then(onFulfilled, onRejected)
  }

  async #answer(): Promise<TestResponse> {
    await this.#transport.answered.wait()
    if (this.#transport.headersSent) return new TestResponse(this.#transport)
    throw new BrokenError('testClient: there is no answer; the connection was cut before one')
  }
}
