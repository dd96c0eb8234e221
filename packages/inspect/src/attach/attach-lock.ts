import { createServer, type Server } from 'node:net'
import { cancellable, now, sleep } from 'corral'

/**
 * Lets one attach at a time into the network that they share: two processes cannot have their inspectors on one port. It is
 * a socket in the abstract namespace of that network, which the system takes back when its holder dies. Somebody else who holds
 * it is not waited for longer than `patience`: it is a courtesy, not a safeguard.
 */
export async function takeAttachLock(patience: number = 5000): Promise<AsyncDisposable> {
  const start = now()
  for (;;) {
    const server = createServer((socket) => socket.destroy())
    const taken = await cancellable(listens(server))
    if (taken || now() - start >= patience) {
      return {
        [Symbol.asyncDispose]: () =>
          new Promise((resolve) => {
            if (taken) server.close(() => resolve())
            else resolve()
          }),
      }
    }
    await sleep(step)
  }
}

const step = 15

function listens(server: Server): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen('\0corral.attach', () => resolve(true))
    server.unref()
  })
}
