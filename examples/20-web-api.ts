// A web API: a request is a scope. It ends when its client disconnects, its time is up, or the server drains.
import { api, background, openServer } from '@corral/server'
import { currentSignal, gather, moveOnAfter, run, sleep, spawn } from 'corral'

async function load(what: string, ms: number): Promise<string> {
  let done = false
  try {
    await sleep(ms)
    done = true
    return what
  } finally {
    if (!done) console.log(`  ${what} is given up`)
  }
}

const app = api({ title: 'Orders', version: '1' })

app.get('/users/:id', async ({ params }) => {
  const [user, orders] = await gather([
    () => load(`user ${params.id}`, 10),
    () => load('orders', 20),
  ])
  return { user, orders }
})

app.get('/report', () => load('report', 60_000), { timeout: 100 })
app.get('/export', () => load('export', 60_000))

app.post('/orders', async () => {
  background(async () => {
    await sleep(100)
    console.log('  the mail is sent')
  })
  return load('order 1', 50)
})

export async function main(): Promise<void> {
  await using server = await openServer(app, { port: 0, host: '127.0.0.1', linger: 0 })
  const call = async (path: string, method = 'GET'): Promise<string> => {
    const response = await fetch(server.url + path, { method, signal: currentSignal() })
    return response.ok ? response.text() : `status ${response.status}`
  }

  console.log('two things at once')
  console.log(`  ${await call('/users/7')}`)

  console.log('a request that takes too long')
  console.log(`  ${await call('/report')}`)

  console.log('a client that goes')
  await moveOnAfter(100, () => call('/export'))
  while (server.live > 0) await sleep(1)

  console.log('a drain')
  const order = spawn(() => call('/orders', 'POST'))
  while (server.live === 0) await sleep(1)
  await server.drain()
  console.log(`  ${await order}`)
  console.log('  all work has ended')
}

if (import.meta.main) await run(main)
