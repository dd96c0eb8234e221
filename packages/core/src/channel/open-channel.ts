import { requireLimit, requireOptions } from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { ChannelReceiver } from './channel-receiver.ts'
import { ChannelSender } from './channel-sender.ts'
import { Channel } from './channel.ts'
import type { Receiver } from './receiver.ts'
import type { Sender } from './sender.ts'

export interface ChannelOptions extends ResourceOptions {
  /** How many items it holds before `send` waits; 0 hands each item from a sender to a receiver directly. */
  readonly capacity: number
}

/**
 * A way for items from tasks that send to tasks that receive, with an end for each: the last sender
 * closed ends the loops of the receivers, the last receiver closed breaks the senders off. First in
 * first out; each item goes to one receiver; those who wait are served first come first served.
 *
 * Cost: O(1) to send, to receive and to leave a line. Closing a handle on which somebody waits walks
 * the line once.
 *
 * @example
 * const [sender, receiver] = openChannel<string>({ capacity: 10 })
 * spawn(async () => {
 *   using _ = sender
 *   await sender.send('hello')
 * })
 * for await (const item of receiver) console.log(item)
 * @see trio.open_memory_channel
 */
export function openChannel<T>(options: ChannelOptions): [Sender<T>, Receiver<T>] {
  requireOptions('openChannel', options)
  const { capacity } = options
  requireLimit('openChannel: capacity', capacity, 0)
  const channel = new Channel<T>(capacity, options)
  return [new ChannelSender(channel), new ChannelReceiver(channel)]
}
