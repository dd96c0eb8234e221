import { Broadcast } from 'corral'
import type { Receiver } from 'corral'
import type { Seat } from './seat.ts'

/** A member joined or left. */
export interface PresenceChange<T> {
  readonly kind: 'joined' | 'left'
  readonly seat: Seat<T>
}

/** The members of a room at one moment, then every change in order. */
export interface Presence<T> extends AsyncIterable<PresenceChange<T>>, Disposable {
  readonly members: readonly Seat<T>[]
}

/** How many changes a watcher may fall behind before it gets a `LaggedError`. */
const KEPT = 1024

/** The seats of a room. */
export class Members<T> {
  readonly #seats = new Set<Seat<T>>()
  readonly #changes = new Broadcast<PresenceChange<T>>({ name: 'presence', capacity: KEPT })

  get size(): number {
    return this.#seats.size
  }

  has(socket: object): boolean {
    for (const seat of this.#seats) if (seat.socket === socket) return true
    return false
  }

  add(seat: Seat<T>): void {
    this.#seats.add(seat)
    this.#changes.send({ kind: 'joined', seat })
  }

  delete(seat: Seat<T>): void {
    if (this.#seats.delete(seat)) this.#changes.send({ kind: 'left', seat })
  }

  list(): Seat<T>[] {
    return [...this.#seats]
  }

  watch(): Presence<T> {
    const changes: Receiver<PresenceChange<T>> = this.#changes.subscribe()
    return {
      members: this.list(),
      [Symbol.asyncIterator]: () => changes[Symbol.asyncIterator](),
      [Symbol.dispose]: () => changes.close(),
    }
  }

  close(): void {
    this.#changes.close()
  }
}
