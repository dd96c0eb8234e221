import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** What asks for a WebSocket at this URL. */
export function upgradeRequest(url: string): string {
  const { host, pathname, search } = new URL(url)
  return (
    `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
    `sec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`
  )
}

/** A connection without a library, once it is answered with 101. */
export function openRaw(url: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname, () => socket.write(upgradeRequest(url)))
  socket.once('data', (head) => {
    if (!head.includes('101 Switching')) reject(new Error(head.toString().slice(0, 200)))
    resolve(socket)
  })
  socket.on('error', reject)
  return promise
}

/** A masked frame. @param first its first byte: flags and opcode */
export function maskedFrame(first: number, payload: Uint8Array): Buffer {
  const mask = randomBytes(4)
  const { length } = payload
  const head = length < 126 ? [first, 0x80 | length] : [first, 0xfe, length >> 8, length & 0xff]
  const masked = payload.map((byte, i) => byte ^ (mask[i & 3] as number))
  return Buffer.concat([Buffer.from(head), mask, masked])
}
