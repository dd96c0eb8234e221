import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { currentSignal, Event, run, sleep, timeout } from 'corral'
import { openServer } from '../src/index.ts'
import type { App, RequestEvent, Server, ServerOptions } from '../src/index.ts'

export interface Opened {
  readonly server: Server
  readonly events: RequestEvent[]
  readonly errors: string[]
  /** Waits until so many requests have ended. */
  ended(count: number): Promise<void>
}

/** Runs with a server on a free port of loopback. */
export function serving(
  app: App,
  fn: (opened: Opened) => Promise<void>,
  options: ServerOptions = {},
): Promise<void> {
  return run(
    async () => {
      const events: RequestEvent[] = []
      const errors: string[] = []
      const changed = new Event()
      const onRequest = (event: RequestEvent): void => {
        events.push(event)
        changed.set()
      }
      const onError = (error: unknown): void => void errors.push(String(error))
      const all = { port: 0, host: '127.0.0.1', onRequest, onError, ...options }
      await using server = await openServer(app, all)
      const ended = async (count: number): Promise<void> => {
        while (events.length < count) {
          changed.clear()
          await timeout(20_000, () => changed.wait())
        }
      }
      await fn({ server, events, errors, ended })
    },
    { handleSignals: false },
  )
}

export async function dial({ port }: { readonly port: number }, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'connect', { signal: currentSignal() })
  if (text !== '') socket.write(text)
  return socket
}

/** All that comes until the other side closes. */
export async function received(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece))
  await once(socket, 'close', { signal: currentSignal() })
  return text
}

/** The head of a GET. */
export const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`

/** A handler that begins, and waits until it is cancelled. */
export function waiting(): { begun: Event; handler: () => Promise<void> } {
  const begun = new Event()
  return {
    begun,
    handler: async () => {
      begun.set()
      await sleep(600_000)
    },
  }
}
