import type { Socket } from 'node:net'
import type { SocksClient as SocksClientClass } from 'socks'
import { HttpError } from '../errors.ts'
import { ProxyRefusal } from './proxy.ts'
import type { Proxy } from './proxy.ts'

/** What says of a host, and not of the proxy, that it cannot be reached [RFC 1928 6]. */
const ofTheHost = /NetworkUnreachable|HostUnreachable|ConnectionRefused|TTLExpired/

/**
 * Asks a SOCKS proxy for a connection to the host of `url`, which it looks up. `socket` leads to the proxy and is connected. Calls
 * back once: with nothing when what is written to the socket from now on reaches the host.
 */
export function openSocks(
  socket: Socket,
  proxy: Proxy,
  url: URL,
  port: number,
  then: (failure?: Error) => void,
): void {
  asked(socket, proxy, url, port).then(
    () => then(),
    (error: unknown) => then(refused(error as Error, url.href)),
  )
}

async function asked(socket: Socket, { url, user }: Proxy, to: URL, port: number): Promise<void> {
  const { SocksClient } = await socksModule()
  await SocksClient.createConnection({
    proxy: {
      host: unbracketed(url.hostname),
      port: Number(url.port),
      type: 5,
      ...(user === undefined ? {} : { userId: user.name, password: user.password }),
    },
    command: 'connect',
    destination: { host: unbracketed(to.hostname), port },
    existing_socket: socket,
    // Ours is the deadline.
    timeout: 2 ** 31 - 1,
  })
  socket.resume()
}

async function socksModule(): Promise<{ readonly SocksClient: typeof SocksClientClass }> {
  try {
    return await import('socks')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    const what = 'for a SOCKS proxy the package socks is needed: npm install socks'
    throw new Error(what, { cause: error })
  }
}

function refused(error: Error, url: string): HttpError {
  const { message } = error
  return new HttpError('CONNECT', `the proxy opens no connection (${message}): ${url}`, {
    url,
    phase: 'connect',
    cause: new ProxyRefusal(message, !ofTheHost.test(message)),
  })
}

function unbracketed(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
