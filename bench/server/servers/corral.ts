import { api, openServer } from '@corral/server'
import { Event, run } from 'corral'
import { measured } from '../measured.ts'
import { Order, total } from '../schema.ts'

const app = api()
app.get('/hello', () => ({ hello: 'world' }))
app.get('/deadline', () => ({ hello: 'world' }), { timeout: 10_000 })
app.post('/order', ({ body }) => ({ total: total(body) }), { body: Order })
app.post('/order-deadline', ({ body }) => ({ total: total(body) }), {
  body: Order,
  timeout: 10_000,
})

await run(async () => {
  await using server = await openServer(app, { port: 0, host: '127.0.0.1' })
  measured(server.port)
  await new Event().wait()
})
