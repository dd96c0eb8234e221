import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { measured } from '../measured.ts'
import { Order, total } from '../schema.ts'

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => void pieces.push(piece))
    request.on('end', () => {
      const order = Order.safeParse(JSON.parse(Buffer.concat(pieces).toString('utf8')))
      const text = JSON.stringify(order.success ? { total: total(order.data) } : order.error.issues)
      const headers = { 'content-type': 'application/json', 'content-length': text.length }
      response.writeHead(order.success ? 200 : 422, headers).end(text)
    })
    return
  }
  const text = JSON.stringify({ hello: 'world' })
  const headers = { 'content-type': 'application/json', 'content-length': text.length }
  response.writeHead(200, headers).end(text)
})
server.listen(0, '127.0.0.1', () => measured((server.address() as AddressInfo).port))
