import { MisuseError } from 'corral'
import { decodeMessage, encodeFor } from './codec.ts'
import type { MessageKind } from './codec.ts'
import type { Speaker, Speech } from './speech.ts'

/** Messages as they are. */
export class PlainSpeech implements Speech {
  readonly dialect = 'plain'
  readonly client: undefined
  readonly #speaker: Speaker
  readonly #kind: MessageKind

  constructor(speaker: Speaker, kind: MessageKind) {
    this.#speaker = speaker
    this.#kind = kind
  }

  receive(data: Buffer, isBinary: boolean): void {
    const message = decodeMessage(this.#kind, data, isBinary)
    if (message.ok) this.#speaker.deliver(message.data, data.length)
    else this.#speaker.connection.fail(message.code, message.reason)
  }

  encode(data: unknown): Buffer {
    return encodeFor(this.#kind, data)
  }

  positions(): undefined {}

  greet(): undefined {}

  gap(): undefined {}

  request(): Promise<never> {
    return Promise.reject(
      new MisuseError('ServerSocket.request: this client speaks plain messages; use send instead'),
    )
  }

  end(): void {}
}
