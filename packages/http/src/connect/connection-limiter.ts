import { Semaphore } from 'corral'

interface Host {
  readonly semaphore: Semaphore
  /** Who is in its line or holds one of its permits. */
  users: number
}

/**
 * How many requests there may be at a time: in all, and to each host. A request first waits for its
 * host, then for its turn among all: who waits for a busy host holds up nobody else. Both lines are
 * first come first served. A host that nobody uses is forgotten.
 */
export class ConnectionLimiter {
  readonly #all: Semaphore
  readonly #limitPerHost: number
  /** Undefined when a host may have as many as there are. */
  readonly #hosts: Map<string, Host> | undefined

  constructor(limit: number, limitPerHost: number) {
    this.#all = new Semaphore(limit, { name: 'connections' })
    this.#limitPerHost = limitPerHost
    this.#hosts = limitPerHost < limit ? new Map() : undefined
  }

  /** A slot if one is free and nobody waits for it. */
  tryEnter(origin: string): Disposable | undefined {
    if (this.#hosts === undefined) return this.#all.tryAcquire()
    const host = this.#join(this.#hosts, origin)
    const first = host.semaphore.tryAcquire()
    const second = first === undefined ? undefined : this.#all.tryAcquire()
    if (first !== undefined && second !== undefined) {
      return this.#slot(this.#hosts, origin, host, first, second)
    }
    first?.[Symbol.dispose]()
    leave(this.#hosts, origin, host)
    return undefined
  }

  /**
   * Waits for a slot.
   *
   * Cancellation: takes none.
   *
   * @throws ClosedError when closed, also while waiting
   */
  async enter(origin: string): Promise<Disposable> {
    if (this.#hosts === undefined) return await this.#all.acquire()
    const host = this.#join(this.#hosts, origin)
    let first: Disposable | undefined
    try {
      first = await host.semaphore.acquire()
      const second = await this.#all.acquire()
      return this.#slot(this.#hosts, origin, host, first, second)
    } catch (error) {
      first?.[Symbol.dispose]()
      leave(this.#hosts, origin, host)
      throw error
    }
  }

  /** Turns away those who wait, and all who come later. */
  close(): void {
    this.#all.close()
    for (const { semaphore } of this.#hosts?.values() ?? []) semaphore.close()
  }

  #slot(
    hosts: Map<string, Host>,
    origin: string,
    host: Host,
    first: Disposable,
    second: Disposable,
  ): Disposable {
    return {
      [Symbol.dispose]: () => {
        second[Symbol.dispose]()
        first[Symbol.dispose]()
        leave(hosts, origin, host)
      },
    }
  }

  #join(hosts: Map<string, Host>, origin: string): Host {
    let host = hosts.get(origin)
    if (host === undefined) {
      host = {
        semaphore: new Semaphore(this.#limitPerHost, { name: `connections to ${origin}` }),
        users: 0,
      }
      hosts.set(origin, host)
    }
    host.users += 1
    return host
  }
}

function leave(hosts: Map<string, Host>, origin: string, host: Host): void {
  host.users -= 1
  if (host.users === 0) hosts.delete(origin)
}
