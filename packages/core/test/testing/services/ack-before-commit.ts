import { gather, now, sleep } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Service } from './service.ts'

interface Message {
  id: number
  body: string
  visibleAt: number
  acked: boolean
}
class Sqs {
  messages: Message[] = []
  async receive(): Promise<Message | undefined> {
    await failpoint('sqs.receive')
    const message = this.messages.find((m) => !m.acked && m.visibleAt <= now())
    if (message) message.visibleAt = now() + 30_000
    return message
  }
  async ack(message: Message): Promise<void> {
    await failpoint('sqs.ack')
    message.acked = true
  }
}
class Orders {
  saved: string[] = []
  async save(body: string): Promise<void> {
    await failpoint('db.commit')
    if (!this.saved.includes(body)) this.saved.push(body)
  }
}
async function consume(sqs: Sqs, orders: Orders, mended: boolean): Promise<void> {
  while (sqs.messages.some((m) => !m.acked)) {
    let message: Message | undefined
    try {
      message = await sqs.receive()
      if (!message) {
        await sleep(5_000)
        continue
      }
      if (mended) {
        await orders.save(message.body)
        await sqs.ack(message)
      } else {
        await sqs.ack(message)
        await orders.save(message.body)
      }
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw error
      await sleep(1_000) // logged; it will come again
    }
  }
}

export const ackBeforeCommit: Service = {
  what: 'a consumer acknowledges a message before it has committed the order',
  program: (mended: boolean) => async () => {
    const sqs = new Sqs()
    const orders = new Orders()
    sqs.messages = ['tea', 'jam', 'rye'].map((body, id) => ({
      id,
      body,
      visibleAt: 0,
      acked: false,
    }))
    await gather([() => consume(sqs, orders, mended), () => consume(sqs, orders, mended)])
    if (orders.saved.length !== 3) throw new Error(`lost an order: ${orders.saved.join()}`)
  },
}
