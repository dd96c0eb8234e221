import type { Msg } from '@nats-io/transport-node'

/** What the server says of a delivery, in the subject that it is answered to. */
export interface Delivery {
  /** The place of the message in its stream. */
  readonly seq: number
  /** When it was stored, in milliseconds since the epoch. */
  readonly at: number
  readonly reply: string
}

/** `$JS.ACK.stream.consumer.delivered.seq.cseq.time.pending`, with domain and account before the stream where there are any. */
export function deliveryOf({ reply = '' }: Msg): Delivery {
  const parts = reply.split('.')
  const from = parts.length > 9 ? 2 : 0
  return { seq: Number(parts[5 + from]), at: Number(parts[7 + from]) / 1e6, reply }
}

/** What a delivery is answered with: it is done. */
export const done = '+ACK'

/** It is to be delivered again, after so many milliseconds. */
export function again(delay: number): string {
  return delay > 0 ? `-NAK {"delay": ${Math.ceil(delay * 1e6)}}` : '-NAK'
}
