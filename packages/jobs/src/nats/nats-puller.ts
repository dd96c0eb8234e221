import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { Queue, moveOnAfter } from 'corral'

/** Milliseconds that the server has to answer a request for messages. */
const patience = 5000

/** Asks a consumer for messages that are there, and does not wait for others. */
export async function pull(
  connection: NatsConnection,
  stream: string,
  consumer: string,
  batch: number,
): Promise<readonly Msg[]> {
  const inbox = createInbox()
  const arrived = new Queue<Msg>()
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      if (error === null) arrived.tryPut(message)
    },
  })
  const messages: Msg[] = []
  try {
    const request = JSON.stringify({ batch, no_wait: true })
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request, { reply: inbox })
    await moveOnAfter(patience, async () => {
      while (messages.length < batch) {
        const message = await arrived.get()
        // A message without a body that has a status says that there are no more.
        if (message.headers !== undefined && message.headers.code > 0) return
        messages.push(message)
      }
    })
  } finally {
    subscription.unsubscribe()
  }
  return messages
}
