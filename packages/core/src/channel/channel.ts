import { BrokenError } from '../errors.ts'
import { ended } from './base-receiver.ts'
import { Exchange } from './exchange.ts'

/** What the handles of a channel share. Each side counts its open handles; the last one ends the other side. */
export class Channel<T> {
  readonly exchange: Exchange<T>
  senders = 0
  receivers = 0

  constructor(capacity: number) {
    this.exchange = new Exchange<T>(capacity)
  }

  senderClosed(): void {
    this.senders -= 1
    if (this.senders === 0) this.exchange.takers.end(ended)
  }

  receiverClosed(): void {
    this.receivers -= 1
    if (this.receivers > 0) return
    this.exchange.buffer.clear()
    this.exchange.endGivers(broken)
  }
}

/** Why there is no point in sending any more. */
export function broken(method = 'send'): BrokenError {
  return new BrokenError(`Sender.${method}: every receiver is closed; stop sending`)
}
