import { Event } from 'corral'
import { RingBuffer } from 'corral/lowlevel'
import type { PostgresWire } from './internals.ts'
import type { Submission } from './submission.ts'

/** What the server may say to a submission. */
const answers = [
  'errorMessage',
  'parseComplete',
  'rowDescription',
  'dataRow',
  'commandComplete',
  'emptyQuery',
  'portalSuspended',
  'copyInResponse',
  'copyData',
  'readyForQuery',
] as const

/**
 * What was sent on a connection and is not answered yet: the server answers one after the other, in their order.
 *
 * pg's client has a queue of its own for that, which sends the next when the one before is answered, or does not say
 * when that is. It connects; then its listeners make room for these.
 */
export class Unanswered {
  /** Of the last ReadyForQuery: idle, in a transaction, in a failed one. */
  status: 'I' | 'T' | 'E' = 'I'
  /** Something was answered. */
  readonly changed: Event = new Event()
  readonly #sent = new RingBuffer<Submission>()
  readonly #wire: PostgresWire
  readonly #lost: (error: unknown) => void
  #corked = false
  readonly #uncork = (): void => {
    this.#corked = false
    this.#wire.stream.uncork()
  }

  /** @param lost called for what is said to nobody: the server ends the connection */
  constructor(wire: PostgresWire, lost: (error: unknown) => void) {
    this.#wire = wire
    this.#lost = lost
  }

  get size(): number {
    return this.#sent.size
  }

  /** Takes over from pg's client, which has connected. */
  takeOver(): void {
    const wire = this.#wire
    for (const event of answers) wire.removeAllListeners(event)
    wire.on('errorMessage', (error) => {
      const head = this.#sent.at(0)
      if (head === undefined) this.#lost(error)
      else head.handleError(error)
    })
    wire.on('parseComplete', () => this.#sent.at(0)?.handleParseComplete())
    wire.on('rowDescription', (message) => this.#sent.at(0)?.handleRowDescription(message))
    wire.on('dataRow', (message) => this.#sent.at(0)?.handleDataRow(message))
    wire.on('commandComplete', (message) => this.#sent.at(0)?.handleCommandComplete(message))
    wire.on('copyInResponse', () => this.#sent.at(0)?.handleCopyInResponse(wire))
    wire.on('copyData', (message) => this.#sent.at(0)?.handleCopyData(message))
    wire.on('readyForQuery', ({ status }) => {
      this.status = status
      this.#sent.shift()?.handleReady()
      this.changed.set()
    })
  }

  /** In one packet with all that is sent in the same turn. */
  send(submission: Submission): void {
    if (!this.#corked) {
      this.#corked = true
      this.#wire.stream.cork()
      process.nextTick(this.#uncork)
    }
    this.#sent.push(submission)
    submission.submit(this.#wire)
  }

  /** The connection has ended, and none will be answered any more. */
  end(error: unknown): void {
    while (this.#sent.size > 0) this.#sent.shift()?.end(error)
    this.changed.set()
  }

  /** Those that were sent, the one that is being answered first. */
  *[Symbol.iterator](): Generator<Submission, void> {
    for (let i = 0; i < this.#sent.size; i++) yield this.#sent.at(i) as Submission
  }
}
