import { gather, sleep } from '../../../src/index.ts'
import { Link } from '../../../src/testing.ts'
import type { Service } from './service.ts'

interface Delta {
  seq: number
  price: number
}
class Book {
  price = 0
  seq = 0
  live = false
  buffer: Delta[] = []
  readonly mended: boolean
  constructor(mended: boolean) {
    this.mended = mended
  }
  onDelta(delta: Delta): void {
    if (!this.live) this.buffer.push(delta)
    else this.apply(delta)
  }
  apply(delta: Delta): void {
    if (delta.seq <= this.seq) return
    this.seq = delta.seq
    this.price = delta.price
  }
  async load(fetchSnapshot: () => Promise<Delta>, persist: () => Promise<void>): Promise<void> {
    const snapshot = await fetchSnapshot()
    this.seq = snapshot.seq
    this.price = snapshot.price
    for (const delta of this.buffer) this.apply(delta)
    if (this.mended) this.live = true
    await persist()
    if (!this.mended) this.live = true
    this.buffer = []
  }
}

export const priceFeed: Service = {
  what: 'what arrives while the snapshot is being stored is thrown away',
  program: (mended: boolean) => async () => {
    const server: Delta = { seq: 0, price: 100 }
    const link = new Link<Delta>({ latency: 10 })
    const book = new Book(mended)
    await gather({
      server: async () => {
        for (let i = 1; i <= 4; i++) {
          await sleep(25)
          server.seq = i
          server.price = 100 + i
          await link.a.write({ ...server })
        }
        await link.a.close()
      },
      socket: async () => {
        for await (const delta of link.b) book.onDelta(delta)
      },
      load: () =>
        book.load(
          async () => {
            await sleep(8)
            const s = { ...server }
            await sleep(8)
            return s
          },
          () => sleep(2),
        ),
    })
    if (book.price !== 104 || book.seq !== 4) {
      throw new Error(`the book says ${book.price} (#${book.seq})`)
    }
  },
}
