import { moveOnAfter, now, sleep, taskGroup } from '../../../src/index.ts'
import type { Service } from './service.ts'

class Warehouse {
  reserved = new Set<string>()
  cancelled = new Set<string>()
  readonly mended: boolean
  constructor(mended: boolean) {
    this.mended = mended
  }
  reserve(order: string): void {
    if (this.mended && this.cancelled.has(order)) return
    this.reserved.add(order)
  }
  release(order: string): void {
    if (this.mended) this.cancelled.add(order)
    this.reserved.delete(order)
  }
}

export const saga: Service = {
  what: 'the release of a reservation overtakes the reservation',
  program: (mended: boolean) => async () => {
    const warehouse = new Warehouse(mended)
    const confirmed = new Set<string>()
    await taskGroup(async (group) => {
      const send = (what: string, fn: () => void, ms: number) =>
        group.spawn(
          async () => {
            await sleep(ms)
            fn()
          },
          { name: what },
        )
      const checkout = async (order: string): Promise<void> => {
        const message = send(`reserve ${order}`, () => warehouse.reserve(order), 30)
        const result = await moveOnAfter(100, async () => message)
        if (result.timedOut) {
          send(`release ${order}`, () => warehouse.release(order), 30)
        } else {
          confirmed.add(order)
        }
      }
      for (const order of ['o1', 'o2']) {
        group.spawn(() => checkout(order), { name: `checkout ${order}` })
      }
    })
    for (const order of warehouse.reserved) {
      if (!confirmed.has(order)) throw new Error(`${order} is reserved for nobody at ${now()}`)
    }
  },
}
