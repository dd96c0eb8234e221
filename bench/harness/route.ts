import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { currentSignal } from 'corral'

/** Where connections are made to. */
interface Target {
  readonly host: string
  readonly port: number
}

/** A network between programs, that can be cut without telling either, reset, or slow. */
export class Route implements AsyncDisposable {
  readonly #server: Server
  readonly #targets: readonly Target[]
  readonly #sockets = new Set<Socket>()
  #cut = false
  #turn = 0
  /** How long what passes takes, in milliseconds. */
  delay = 0

  private constructor(server: Server, targets: readonly Target[]) {
    this.#server = server
    this.#targets = targets
    server.on('connection', (near) => this.#join(near, this.#targets.length))
  }

  /**
   * A way to the server of this URL, which takes the way's address. With several URLs connections take turns, and go to
   * the next one where nobody listens.
   */
  static async open(url: string, ...more: readonly string[]): Promise<OpenRoute> {
    const server = createServer()
    const targets = [url, ...more].map((one) => {
      const { hostname: host, port } = new URL(one)
      return { host, port: Number(port) }
    })
    const network = new Route(server, targets)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening', { signal: currentSignal() })
    const through = new URL(url)
    through.hostname = '127.0.0.1'
    through.port = String((server.address() as AddressInfo).port)
    return { network, url: through.href }
  }

  /** From now on nothing passes, and no connection is closed. */
  cut(): void {
    this.#cut = true
    for (const socket of this.#sockets) socket.pause()
  }

  heal(): void {
    this.#cut = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Resets all connections; new ones pass. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(near: Socket, tries: number): void {
    const target = this.#targets[this.#turn++ % this.#targets.length] as Target
    const far = connect(target.port, target.host)
    const onRefused = (): void => {
      if (tries > 1) this.#join(near, tries - 1)
      else near.destroy()
    }
    far.once('error', onRefused).once('connect', () => {
      far.off('error', onRefused)
      this.#pass(near, far)
      this.#pass(far, near)
    })
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.setNoDelay()
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    let due = 0
    from.on('data', (chunk) => {
      const now = performance.now()
      due = Math.max(due, now + this.delay)
      if (due > now) setTimeout(() => to.write(chunk), due - now)
      else if (!to.write(chunk) && to.listenerCount('drain') === 0) {
        from.pause()
        to.once('drain', () => {
          if (!this.#cut) from.resume()
        })
      }
    })
    if (this.#cut) from.pause()
  }
}

export interface OpenRoute {
  readonly network: Route
  readonly url: string
}
