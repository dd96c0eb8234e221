import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { measured } from '../measured.ts'
import { Order, total } from '../schema.ts'

const app = fastify()
app.setValidatorCompiler(() => (data: unknown) => {
  const result = Order.safeParse(data)
  return result.success ? { value: result.data } : { error: result.error }
})
app.get('/hello', () => ({ hello: 'world' }))
app.post('/order', { schema: { body: Order } }, (request) => ({
  total: total(request.body as Parameters<typeof total>[0]),
}))
await app.listen({ port: 0, host: '127.0.0.1' })
measured((app.server.address() as AddressInfo).port)
