import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

interface Versioned {
  version: number
  items: string[]
}
class Store {
  #row: Versioned = { version: 1, items: [] }
  async load(): Promise<Versioned> {
    await sleep(7)
    return structuredClone(this.#row)
  }
  async save(row: Versioned): Promise<boolean> {
    await sleep(11)
    if (row.version !== this.#row.version) return false
    this.#row = { version: row.version + 1, items: [...row.items] }
    return true
  }
  get items(): string[] {
    return this.#row.items
  }
}
async function add(store: Store, item: string, mended: boolean): Promise<void> {
  const cart = await store.load()
  cart.items.push(item)
  while (!(await store.save(cart))) {
    const fresh = await store.load()
    cart.version = fresh.version
    if (mended) cart.items = [...fresh.items, item]
    await sleep(3)
  }
}

export const cart: Service = {
  what: 'after a conflict only the version is read again, not the items',
  program: (mended: boolean) => async () => {
    const store = new Store()
    await gather({
      tab1: () => add(store, 'tea', mended),
      tab2: async () => {
        await sleep(40)
        await add(store, 'jam', mended)
      },
      tab3: async () => {
        await sleep(80)
        await add(store, 'rye', mended)
      },
    })
    if (store.items.length !== 3) throw new Error(`the cart holds ${store.items.join()}`)
  },
}
