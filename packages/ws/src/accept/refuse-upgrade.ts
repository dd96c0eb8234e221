import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HttpProblem } from '@corral/server'

/** Answers an upgrade request with a real status, and closes the connection once it is sent. */
export function refuseUpgrade(socket: Duplex, problem: HttpProblem): void {
  const body = JSON.stringify(problem.document)
  const headers = {
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...problem.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  const title = STATUS_CODES[problem.status] ?? ''
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${problem.status} ${title}\r\n${lines.join('')}\r\n${body}`)
}
