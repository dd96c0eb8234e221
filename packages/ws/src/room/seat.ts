import type { AnySocket } from '../socket/server-socket.ts'
import type { Room } from './room.ts'

/** A seat, whatever its room says. */
export interface AnySeat {
  readonly room: object
  readonly roomName: string
  leave(): void
}

/** A connection in a room; disposing it leaves. It is left in any case when the connection ends. */
export class Seat<T = string> implements Disposable, AnySeat {
  readonly room: Room<T>
  readonly socket: AnySocket
  /** In milliseconds since the epoch. */
  readonly since: number
  /** All that the client has missed was sent again; undefined when it asked for nothing older. */
  recovered: boolean | undefined
  /** How many messages were sent again. */
  replayed = 0
  #here = true

  /** Made by `Room.join`, not by hand. */
  constructor(room: Room<T>, socket: AnySocket, since: number) {
    this.room = room
    this.socket = socket
    this.since = since
  }

  get roomName(): string {
    return this.room.name
  }

  get here(): boolean {
    return this.#here
  }

  /** Leaves the room; again it does nothing. */
  leave(): void {
    if (!this.#here) return
    this.#here = false
    this.room.removeSeat(this)
  }

  [Symbol.dispose](): void {
    this.leave()
  }

  get [Symbol.toStringTag](): string {
    return `Seat ${this.room.name}`
  }
}
