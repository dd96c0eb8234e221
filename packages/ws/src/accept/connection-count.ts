import { HttpProblem } from '@corral/server'

/** Counts connections, in total and per key. */
export class ConnectionCount {
  readonly #max: number
  readonly #maxPerKey: number
  readonly #perKey = new Map<string, number>()
  #all = 0

  constructor(max: number, maxPerKey: number) {
    this.#max = max
    this.#maxPerKey = maxPerKey
  }

  /** @throws HttpProblem 503 when there are too many, 429 when there are too many for this key */
  requireRoom(key: string): void {
    if (this.#all >= this.#max) throw new HttpProblem(503, { headers: { 'retry-after': '5' } })
    if ((this.#perKey.get(key) ?? 0) < this.#maxPerKey) return
    throw new HttpProblem(429, { headers: { 'retry-after': '5' } })
  }

  enter(key: string): void {
    this.#all += 1
    this.#perKey.set(key, (this.#perKey.get(key) ?? 0) + 1)
  }

  leave(key: string): void {
    this.#all -= 1
    const left = (this.#perKey.get(key) as number) - 1
    if (left === 0) this.#perKey.delete(key)
    else this.#perKey.set(key, left)
  }
}
