import { encodeFrame, encodeMessage, TEXT } from '../frames/frame.ts'
import type { QueuedFrame } from '../output/shared-batch.ts'
import { encodeEnvelope } from '../protocol/envelope.ts'

/** How messages are sent to members: bare, or with their room and position (`corral.v1`). */
export type Dialect = 'plain' | 'corral.v1'

/**
 * A message of a room: `offset` is its number, from 1, among those of one publisher, and `epoch` identifies the
 * publisher: a room in a process, a new one after a restart. Its frames are encoded once, on demand.
 */
export class RoomMessage {
  readonly epoch: string
  readonly offset: number
  readonly data: unknown
  /** The client to exclude. */
  readonly except: string | undefined
  readonly #room: string
  readonly #key: unknown
  #plain: QueuedFrame | undefined
  #enveloped: QueuedFrame | undefined

  constructor(
    room: string,
    epoch: string,
    offset: number,
    data: unknown,
    except: string | undefined,
    key: unknown,
  ) {
    this.#room = room
    this.epoch = epoch
    this.offset = offset
    this.data = data
    this.except = except
    this.#key = key
  }

  frame(dialect: Dialect): QueuedFrame {
    if (dialect === 'plain') {
      return (this.#plain ??= { bytes: encodeMessage(this.data), key: this.#key })
    }
    return (this.#enveloped ??= { bytes: this.#envelope(), key: this.#key })
  }

  #envelope(): Buffer {
    const { epoch, offset, data } = this
    const room = this.#room
    return encodeFrame(TEXT, encodeEnvelope({ op: 'message', room, epoch, offset, data }))
  }
}
