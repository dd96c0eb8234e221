import { BrokenError } from '../errors.ts'
import { ended } from './base-receiver.ts'
import { BoundedBuffer } from './bounded-buffer.ts'

/** What the handles of a channel share. Each side counts its open handles; the last one ends the other side. */
export class Channel<T> extends BoundedBuffer<T> {
  openSenders = 0
  openReceivers = 0

  senderClosed(): void {
    this.openSenders -= 1
    if (this.openSenders === 0) this.receivers.end(ended)
  }

  receiverClosed(): void {
    this.openReceivers -= 1
    if (this.openReceivers > 0) return
    this.buffer.clear()
    this.refuseSenders(broken)
  }
}

/** Why there is no point in sending any more. */
function broken(api: string): BrokenError {
  return new BrokenError(`${api}: every receiver is closed; stop sending`)
}
