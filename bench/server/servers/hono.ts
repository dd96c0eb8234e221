import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { timeout } from 'hono/timeout'
import { validator } from 'hono/validator'
import { measured } from '../measured.ts'
import { Order, total } from '../schema.ts'

const order = validator('json', (value, c) => {
  const result = Order.safeParse(value)
  return result.success ? result.data : c.json(result.error.issues, 422)
})
const app = new Hono()
app.get('/hello', (c) => c.json({ hello: 'world' }))
app.get('/deadline', timeout(10_000), (c) => c.json({ hello: 'world' }))
app.post('/order', order, (c) => c.json({ total: total(c.req.valid('json')) }))
app.post('/order-deadline', timeout(10_000), order, (c) =>
  c.json({ total: total(c.req.valid('json')) }),
)
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => measured(port))
