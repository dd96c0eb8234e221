import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const seatHold: Service = {
  what: 'a hold on a seat expires in the sweeper while it is being turned into a ticket',
  program: (mended) => async () => {
    const seat = { state: 'held' as 'free' | 'held' | 'sold', by: 'ann' }
    const tickets: string[] = []
    async function pay(who: string): Promise<void> {
      if (seat.state !== 'held' || seat.by !== who) return
      await sleep(12) // the card
      if (mended && (seat.state !== 'held' || seat.by !== who)) return // refunded
      seat.state = 'sold'
      tickets.push(who)
    }
    async function hold(who: string): Promise<boolean> {
      await sleep(1)
      if (seat.state !== 'free') return false
      seat.state = 'held'
      seat.by = who
      return true
    }
    await gather({
      ann: async () => {
        await sleep(5)
        await pay('ann')
      },
      sweeper: async () => {
        await sleep(30)
        if (seat.state === 'held' && seat.by === 'ann') seat.state = 'free'
      },
      bob: async () => {
        await sleep(33)
        if (await hold('bob')) await pay('bob')
      },
    })
    if (tickets.length > 1) throw new Error(`one seat, tickets of ${tickets.join(' and ')}`)
  },
}
