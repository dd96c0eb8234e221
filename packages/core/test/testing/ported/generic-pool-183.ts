import { Future, gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Ported } from './ported.ts'

class Pool {
  readonly #mended: boolean
  readonly #create: () => Promise<object>
  readonly #idle: object[] = []
  readonly #waiting: Future<object>[] = []
  #count = 0

  constructor(create: () => Promise<object>, mended: boolean) {
    this.#create = create
    this.#mended = mended
  }

  async acquire(): Promise<object> {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    const request = new Future<object>()
    this.#waiting.push(request)
    if (this.#count < 1) await this.#grow()
    return request
  }

  release(resource: object): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(resource)
    else next.resolve(resource)
  }

  async #grow(): Promise<void> {
    this.#count += 1
    try {
      this.release(await this.#create())
    } catch (error) {
      this.#count -= 1
      if (this.#mended) for (const request of this.#waiting.splice(0)) request.reject(error)
    }
  }
}

export const genericPool183: Ported = {
  issue: 'coopernurse/node-pool#183',
  what: 'acquire never settles when a resource could not be made',
  strategies: ['fail'],
  program: (mended) => async () => {
    const create = async (): Promise<object> => {
      await failpoint('tcp.connect')
      return {}
    }
    const pool = new Pool(create, mended)
    const request = async (): Promise<void> => {
      const connection = await pool.acquire()
      await failpoint('query')
      pool.release(connection)
    }
    await gather([request, request]).catch(() => {})
  },
}
