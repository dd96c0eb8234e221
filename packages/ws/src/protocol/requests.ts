import { Future } from 'corral'

/** The requests that were sent and wait for an answer, by number; none is kept longer than its wait. */
export class Requests {
  readonly #waiting = new Map<number, Future<unknown>>()
  #lastId = 0

  get size(): number {
    return this.#waiting.size
  }

  /** Sends, and waits for the answer with its number. A connection that ends before `onSent` takes nothing with it. */
  async ask(send: (id: number, onSent: () => void) => Promise<void>): Promise<unknown> {
    const id = (this.#lastId += 1)
    const answer = new Future<unknown>()
    try {
      await send(id, () => this.#waiting.set(id, answer))
      return await answer.wait()
    } finally {
      this.#waiting.delete(id)
    }
  }

  /** An answer has arrived; its request may have given up. */
  answer(id: number, data: unknown): void {
    this.#take(id)?.resolve(data)
  }

  refuse(id: number, error: Error): void {
    this.#take(id)?.reject(error)
  }

  /** No more answers will come. */
  end(error: () => Error): void {
    for (const id of this.#waiting.keys()) this.#take(id)?.reject(error())
  }

  /** Each is answered once, whatever the peer says. */
  #take(id: number): Future<unknown> | undefined {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    return answer
  }
}
