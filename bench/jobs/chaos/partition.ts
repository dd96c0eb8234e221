import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** A network between a worker and its server, that can be cut without telling either. */
export class Partition implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #cut = false

  private constructor(server: Server) {
    this.#server = server
  }

  /** @returns also the URL by which the server is reached through it */
  static async open(url: string): Promise<{ readonly network: Partition; readonly url: string }> {
    const to = new URL(url)
    const server = createServer()
    const network = new Partition(server)
    server.on('connection', (near) => {
      const far = connect(Number(to.port), to.hostname)
      near.pipe(far).pipe(near)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        network.#sockets.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          network.#sockets.delete(one)
          other.destroy()
        })
        if (network.#cut) one.pause()
      }
    })
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
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

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
