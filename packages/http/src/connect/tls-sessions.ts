/** TLS tickets by origin, so that the next handshake is a short one. The oldest leaves. */
export class TlsSessions {
  readonly #tickets = new Map<string, Buffer>()
  readonly #limit: number

  constructor(limit = 100) {
    this.#limit = limit
  }

  get(origin: string): Buffer | undefined {
    return this.#tickets.get(origin)
  }

  set(origin: string, ticket: Buffer): void {
    this.#tickets.delete(origin)
    this.#tickets.set(origin, ticket)
    if (this.#tickets.size <= this.#limit) return
    const [oldest] = this.#tickets.keys()
    if (oldest !== undefined) this.#tickets.delete(oldest)
  }
}
