import { encodeFrame, encodeMessage, TEXT } from '../frames/frame.ts'
import type { QueuedFrame } from '../output/shared-batch.ts'
import { encodeEnvelope } from '../protocol/envelope.ts'

/** How the members of a room are spoken to: by the bare message, or with its room and place (`corral.v1`). */
export type Dialect = 'plain' | 'corral.v1'

/**
 * A message of a room: `offset` is its number, from 1, among those of one publisher, `epoch` says which: a room
 * in a process is one, and after a restart another. Its frames are made once, when somebody needs them.
 */
export class RoomMessage {
  readonly epoch: string
  readonly offset: number
  readonly data: unknown
  /** The client that it is not for. */
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
