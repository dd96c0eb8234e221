import { createHash } from 'node:crypto'
import { HttpProblem } from '@corral/server'
import { headerOf } from './upgrade-request.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The outcome of the handshake. */
export interface Handshake {
  /** The value of Sec-WebSocket-Accept. */
  readonly accept: string
  /** The subprotocol, or ''. */
  readonly protocol: string
}

/**
 * Decides on the opening handshake (RFC 6455, 4.2).
 *
 * @param protocols supported by the server, in order of preference
 * @throws HttpProblem
 */
export function shakeHands(request: UpgradeRequest, protocols: readonly string[]): Handshake {
  const key = headerOf(request, 'sec-websocket-key') ?? ''
  if (request.method !== 'GET') {
    throw new HttpProblem(405, { headers: { allow: 'GET' } })
  }
  if (headerOf(request, 'upgrade')?.toLowerCase() !== 'websocket') {
    const headers = { upgrade: 'websocket', connection: 'upgrade' }
    throw new HttpProblem(426, { detail: 'this path speaks WebSocket', headers })
  }
  if (headerOf(request, 'sec-websocket-version') !== '13') {
    const headers = { 'sec-websocket-version': '13' }
    throw new HttpProblem(426, { detail: 'the version of the protocol must be 13', headers })
  }
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key)) {
    throw new HttpProblem(400, { detail: 'sec-websocket-key must be 16 bytes in base64' })
  }
  const offered = (headerOf(request, 'sec-websocket-protocol') ?? '')
    .split(',')
    .map((name) => name.trim())
  return {
    accept: createHash('sha1')
      .update(key + GUID)
      .digest('base64'),
    protocol: protocols.find((name) => offered.includes(name)) ?? '',
  }
}

/** The 101 response. */
export function switching({ accept, protocol }: Handshake): string {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'upgrade: websocket',
    'connection: upgrade',
    `sec-websocket-accept: ${accept}`,
    ...(protocol === '' ? [] : [`sec-websocket-protocol: ${protocol}`]),
    '\r\n',
  ].join('\r\n')
}
