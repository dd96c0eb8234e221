import type { RequestListener } from 'node:http'
import { MisuseError } from 'corral'
import { NodeTransport } from '../transport/node-transport.ts'
import type { Transport } from '../transport/transport.ts'
import type { Application, Plan } from './plan.ts'

/** Serves a `node:http` listener, such as an express application. The task lasts until it has answered. */
export class ListenerApplication implements Application {
  readonly lifespans: readonly [] = []
  readonly #listener: RequestListener

  constructor(listener: RequestListener) {
    this.#listener = listener
  }

  plan(transport: Transport): Plan {
    const [path] = transport.target.split('?', 1)
    return {
      name: `${transport.method} ${path}`,
      answer: async () => {
        if (!(transport instanceof NodeTransport)) {
          throw new MisuseError(
            'testClient: a listener of node:http needs sockets; open a server on port 0 instead',
          )
        }
        await listen(this.#listener, transport)
        return undefined
      },
    }
  }
}

/** @param listener its result is awaited if it is a promise */
async function listen(listener: RequestListener, transport: NodeTransport): Promise<void> {
  await (listener(transport.incoming, transport.outgoing) as unknown as PromiseLike<void> | void)
  await transport.finished()
}
