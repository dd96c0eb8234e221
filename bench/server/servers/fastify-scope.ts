import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { requestScopes } from '@corral/server/fastify'
import { run, Event } from 'corral'
import { measured } from '../measured.ts'
import { Order, total } from '../schema.ts'

const order = (request: { body: unknown }): { total: number } => ({
  total: total(request.body as Parameters<typeof total>[0]),
})

await run(async () => {
  const app = fastify()
  app.setValidatorCompiler(() => (data: unknown) => {
    const result = Order.safeParse(data)
    return result.success ? { value: result.data } : { error: result.error }
  })
  await app.register(requestScopes)
  const scope = { timeout: 10_000 }
  app.get('/hello', () => ({ hello: 'world' }))
  app.get('/deadline', { config: { scope } }, () => ({ hello: 'world' }))
  app.post('/order', { schema: { body: Order } }, order)
  app.post('/order-deadline', { schema: { body: Order }, config: { scope } }, order)
  await app.listen({ port: 0, host: '127.0.0.1' })
  measured((app.server.address() as AddressInfo).port)
  await new Event().wait()
})
