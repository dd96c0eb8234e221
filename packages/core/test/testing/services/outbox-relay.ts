import { gather, sleep } from '../../../src/index.ts'
import { failpoint, FailpointError } from '../../../src/testing.ts'
import type { Service } from './service.ts'

export const outboxRelay: Service = {
  what: 'an outbox is published again after a failed mark, and the mailer does not look at the id',
  program: (mended) => async () => {
    const outbox = [1, 2].map((id) => ({ id, sent: false }))
    const seen = new Set<number>()
    const mails: number[] = []
    async function publish(id: number): Promise<void> {
      await failpoint('broker.publish')
      if (mended && seen.has(id)) return
      seen.add(id)
      mails.push(id)
    }
    async function relay(): Promise<void> {
      while (outbox.some(({ sent }) => !sent)) {
        for (const row of outbox.filter(({ sent }) => !sent)) {
          try {
            await publish(row.id)
            await failpoint('outbox.mark')
            row.sent = true
          } catch (error) {
            if (!(error instanceof FailpointError)) throw error
            await sleep(1000)
          }
        }
      }
    }
    await gather({ relay })
    if (mails.length !== 2) throw new Error(`mails sent: ${mails.join()}`)
  },
}
