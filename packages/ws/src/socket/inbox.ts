import { ClosedError } from 'corral'
import {
  isUncancelled,
  ready,
  RingBuffer,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from 'corral/lowlevel'

/** How much may be unread before reading from the peer stops. */
const MAX_MESSAGES = 64
const MAX_BYTES = 65_536

type Taken<M> = M | IteratorResult<M, undefined>

/** The source of the messages. */
export interface InboxOwner {
  /** Too much is unread: stop reading until `onRoom`. */
  onFull(): void
  onRoom(): void
}

/** Called once, when a message has been handled. */
type Done = (answer?: unknown) => void

interface Message<M> {
  readonly data: M
  readonly bytes: number
  readonly done: Done | undefined
}

/**
 * The unread messages of a peer. When there are too many, reading from the peer stops, so that the consumer sets the
 * pace.
 */
export class Inbox<M> {
  readonly #owner: InboxOwner
  readonly #api: string
  readonly #messages = new RingBuffer<Message<M>>()
  readonly #takers = new WaitQueue<Taken<M>>()
  #bytes = 0
  #full = false
  #ended: string | undefined
  #done: Done | undefined

  /** @param api such as `ServerSocket.receive`, for reports */
  constructor(api: string, owner: InboxOwner) {
    this.#api = api
    this.#owner = owner
  }

  get size(): number {
    return this.#messages.size
  }

  put(data: M, bytes: number, done?: Done): void {
    if (this.#ended !== undefined) return
    const taker = this.#takers.first
    if (taker !== undefined) {
      this.#done = done
      wake(taker, taker.data === true ? { value: data, done: false } : data)
      return
    }
    this.#messages.push({ data, bytes, done })
    this.#bytes += bytes
    if (this.#full || (this.#messages.size < MAX_MESSAGES && this.#bytes < MAX_BYTES)) return
    this.#full = true
    this.#owner.onFull()
  }

  /** No more messages: the unread ones can still be taken, unless they are dropped. */
  end(why: string, drop = false): void {
    if (drop) {
      this.#messages.clear()
      this.#bytes = 0
    }
    this.#ended ??= why
    for (const taker of this.#takers) {
      if (taker.data === true) wake(taker, { value: undefined, done: true })
      else wakeWithError(taker, () => this.#refusal())
    }
  }

  /** The next message, as a loop step if requested. */
  take(iterates: boolean): Promise<Taken<M>> {
    const api = this.#api
    this.done()
    if (isUncancelled()) {
      if (this.#messages.size > 0) {
        const data = this.#shift()
        return ready(api, this.#owner, iterates ? { value: data, done: false } : data)
      }
      if (this.#ended !== undefined) {
        return iterates
          ? ready<Taken<M>>(api, this.#owner, { value: undefined, done: true })
          : Promise.reject(this.#refusal())
      }
    }
    return suspend(new Waiter<Taken<M>>(api, this.#owner, this.#takers, iterates))
  }

  /** The message that was taken last has been handled. */
  done(answer?: unknown): void {
    const done = this.#done
    this.#done = undefined
    done?.(answer)
  }

  #shift(): M {
    const { data, bytes, done } = this.#messages.shift() as Message<M>
    this.#done = done
    this.#bytes -= bytes
    if (this.#full && this.#messages.size < MAX_MESSAGES / 2 && this.#bytes < MAX_BYTES / 2) {
      this.#full = false
      this.#owner.onRoom()
    }
    return data
  }

  #refusal(): ClosedError {
    return new ClosedError(`${this.#api}: ${this.#ended}; loop with for await to end here`)
  }
}
