import { BrokenError } from '../errors.ts'
import { ended } from './base-receiver.ts'
import { Exchange } from './exchange.ts'

/** What the handles of a channel share. Each side counts its open handles; the last one ends the other side. */
export class Channel<T> extends Exchange<T> {
  senders = 0
  receivers = 0

  senderClosed(): void {
    this.senders -= 1
    if (this.senders === 0) this.takers.end(ended)
  }

  receiverClosed(): void {
    this.receivers -= 1
    if (this.receivers > 0) return
    this.buffer.clear()
    this.endGivers(broken)
  }
}

/** Why there is no point in sending any more. */
function broken(api: string): BrokenError {
  return new BrokenError(`${api}: every receiver is closed; stop sending`)
}
