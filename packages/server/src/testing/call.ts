import { BrokenError } from 'corral'
import type { Task } from 'corral'
import type { MemoryTransport } from '../transport/memory-transport.ts'
import { TestResponse } from './test-response.ts'

/** A request in flight. Await it for its response, which is available once the head has arrived. */
export class Call implements PromiseLike<TestResponse> {
  readonly #transport: MemoryTransport
  readonly #task: Task<void>

  /** Made by `testClient`, not by hand. */
  constructor(transport: MemoryTransport, task: Task<void>) {
    this.#transport = transport
    this.#task = task
  }

  /** Disconnects the client, as when its socket closes. */
  disconnect(): void {
    this.#transport.disconnect()
  }

  /** Waits until the request's task has ended, including its cleanup; does not report how. */
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
