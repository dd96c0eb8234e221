import { connect } from 'node:net'
import type { Socket } from 'node:net'

const BODY = JSON.stringify({
  user: 'ann',
  items: [
    { sku: 'book', count: 2 },
    { sku: 'pen', count: 5 },
  ],
})

function requestOf(path: string): Buffer {
  const post = path.startsWith('/order')
  const head = `${post ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nhost: bench\r\naccept: */*\r\n`
  const body = `content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`
  return Buffer.from(post ? head + body : `${head}\r\n`)
}

/** Sends so many requests over so many connections, one at a time on each. Every answer is a 200 with a length. */
export async function load(
  port: number,
  path: string,
  count: number,
  connections: number,
): Promise<void> {
  const request = requestOf(path)
  let left = count
  const one = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let received = ''
    socket.setEncoding('latin1').on('error', reject)
    socket.on('connect', () => next(socket))
    socket.on('data', (text: string) => {
      received += text
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = received.slice(0, end)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1])
      if (!head.startsWith('HTTP/1.1 200 ') || Number.isNaN(length)) {
        reject(new Error(`${path}: ${received}`))
        return
      }
      if (received.length < end + 4 + length) return
      received = ''
      next(socket)
    })
    const next = (of: Socket): void => {
      left -= 1
      if (left >= 0) of.write(request)
      else of.end(resolve)
    }
    await promise
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, one))
}
