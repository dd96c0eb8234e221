import { request } from 'node:http'
import type { Socket } from 'node:net'
import { HttpError } from '../errors.ts'
import { ProxyRefusal } from './proxy.ts'
import type { Proxy } from './proxy.ts'

/**
 * Asks a proxy for a tunnel to the host of `url` [RFC 9110 9.3.6]. `socket` leads to the proxy and need not be connected yet.
 * Calls back once: with nothing when what is written to the socket from now on reaches the host.
 */
export function openTunnel(
  socket: Socket,
  { authorization }: Proxy,
  url: URL,
  then: (failure?: Error) => void,
): void {
  const host = `${url.hostname}:${url.port === '' ? 443 : url.port}`
  const asking = request({
    method: 'CONNECT',
    path: host,
    createConnection: () => socket,
    headers: {
      host,
      ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
    },
  })
  asking.on('error', then)
  asking.on('connect', ({ statusCode = 0 }, _socket, head) => {
    if (statusCode < 200 || statusCode > 299) {
      then(notLetThrough(statusCode, url.href))
      return
    }
    if (head.length > 0) socket.unshift(head)
    then()
  })
  asking.end()
}

/** What a proxy says of its own accord, and not the host behind it. */
export function notLetThrough(status: number, url: string): HttpError {
  const message =
    status === 407
      ? 'the proxy does not let us in (407); give user and password in its URL'
      : `the proxy opens no tunnel: it answers with status ${status}`
  const cause = new ProxyRefusal(message, status === 407)
  return new HttpError('CONNECT', `${message}: ${url}`, { url, phase: 'connect', cause })
}
