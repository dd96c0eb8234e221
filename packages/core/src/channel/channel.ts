import { BrokenError } from '../errors.ts'
import { ended } from './base-receiver.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { BoundedBuffer } from './bounded-buffer.ts'

/** What the handles of a channel share. Each side counts its open handles; the last one ends the other side. */
export class Channel<T> extends BoundedBuffer<T> {
  /** With the name of the channel, which each handle goes by. */
  readonly options: ResourceOptions
  openSenders = 0
  openReceivers = 0

  constructor(capacity: number, options: ResourceOptions) {
    super(capacity)
    this.options = options
  }

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
