import type { AnySocket } from '../socket/server-socket.ts'
import type { Room } from './room.ts'

/** A seat, whatever the type of its room. */
export interface AnySeat {
  readonly room: object
  readonly roomName: string
  leave(): void
}

/** A connection in a room; disposing it leaves the room. The room is also left when the connection ends. */
export class Seat<T = string> implements Disposable, AnySeat {
  readonly room: Room<T>
  readonly socket: AnySocket
  /** In milliseconds since the epoch. */
  readonly since: number
  /** Whether everything the client missed was sent; undefined when it requested nothing older. */
  recovered: boolean | undefined
  /** How many missed messages were sent. */
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

  /** Leaves the room; calling it again does nothing. */
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
