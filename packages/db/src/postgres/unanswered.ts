import { Event, InternalError } from 'corral'
import { RingBuffer } from 'corral/lowlevel'
import type { PostgresWire } from './internals.ts'
import type { Submission } from './submission.ts'

/** The server's possible replies to a submission. */
const answers = [
  'errorMessage',
  'parseComplete',
  'rowDescription',
  'dataRow',
  'commandComplete',
  'emptyQuery',
  'portalSuspended',
  'copyInResponse',
  'copyOutResponse',
  'copyData',
  'readyForQuery',
] as const

/**
 * What was sent on a connection and is not answered yet: the server answers in order.
 *
 * pg's client has its own queue for this, which sends the next only when the previous one is answered, or does not say
 * when that is. It connects; then its listeners are replaced by these.
 */
export class Unanswered {
  /** The status in the last ReadyForQuery: idle, in a transaction, in a failed one. */
  status: 'I' | 'T' | 'E' = 'I'
  /** A submission was answered. */
  readonly changed: Event = new Event()
  readonly #sent = new RingBuffer<Submission>()
  readonly #wire: PostgresWire
  readonly #lost: (error: unknown) => void
  #corked = false
  readonly #uncork = (): void => {
    this.#corked = false
    this.#wire.stream.uncork()
  }

  /** @param lost called for an error that belongs to no submission: the server ends the connection */
  constructor(wire: PostgresWire, lost: (error: unknown) => void) {
    this.#wire = wire
    this.#lost = lost
  }

  get size(): number {
    return this.#sent.size
  }

  /** Takes over from pg's client after it has connected. */
  takeOver(): void {
    const wire = this.#wire
    for (const event of answers) wire.removeAllListeners(event)
    this.#guardParser()
    wire.on('errorMessage', (error) => {
      const head = this.#sent.at(0)
      if (head === undefined) this.#lost(error)
      else head.handleError(error)
    })
    wire.on('parseComplete', () => this.#sent.at(0)?.handleParseComplete())
    wire.on('rowDescription', (message) => this.#sent.at(0)?.handleRowDescription(message))
    wire.on('dataRow', (message) => this.#sent.at(0)?.handleDataRow(message))
    wire.on('commandComplete', (message) => this.#sent.at(0)?.handleCommandComplete(message))
    wire.on('emptyQuery', () => this.#sent.at(0)?.handleEmptyQuery())
    wire.on('copyInResponse', () => this.#sent.at(0)?.handleCopyInResponse(wire))
    wire.on('copyOutResponse', () => this.#sent.at(0)?.handleCopyOutResponse())
    wire.on('copyData', (message) => this.#sent.at(0)?.handleCopyData(message))
    wire.on('readyForQuery', ({ status }) => {
      this.status = status
      const answered = this.#sent.shift()
      // Another one would be taken for the answer to what is sent next.
      if (answered === undefined) this.#break(new InternalError('an answer that nobody waits for'))
      else answered.handleReady()
      this.changed.set()
    })
  }

  /** What cannot be parsed, such as a value longer than a string can be, ends the connection, not the process. */
  #guardParser(): void {
    const { stream } = this.#wire
    for (const parse of stream.listeners('data')) {
      stream.removeListener('data', parse as (chunk: Buffer) => void)
      stream.on('data', (chunk: Buffer) => {
        try {
          Reflect.apply(parse, stream, [chunk])
        } catch (error) {
          this.#break(error)
        }
      })
    }
  }

  #break(error: unknown): void {
    this.#lost(error)
    this.#wire.stream.destroy()
  }

  /** In one packet with everything sent in the same turn. */
  send(submission: Submission): void {
    if (!this.#corked) {
      this.#corked = true
      this.#wire.stream.cork()
      process.nextTick(this.#uncork)
    }
    this.#sent.push(submission)
    submission.submit(this.#wire)
  }

  /** The connection has ended: none will be answered. */
  end(error: unknown): void {
    while (this.#sent.size > 0) this.#sent.shift()?.end(error)
    this.changed.set()
  }

  /** The submissions sent, the one being answered first. */
  *[Symbol.iterator](): Generator<Submission, void> {
    for (let i = 0; i < this.#sent.size; i++) yield this.#sent.at(i) as Submission
  }
}
