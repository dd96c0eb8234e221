// The second service: what is in stock. It ends its work when whoever asked is gone, or has no time left.
import { api, serve } from '@corral/server'
import { currentDeadline, now, run, sleep } from 'corral'

const app = api({ title: 'Inventory', version: '1' })

app.get('/stock/:sku', async ({ params: { sku } }) => {
  const left = Math.round(currentDeadline() - now())
  console.log(`inventory: looks for ${sku}, ${left} ms left`)
  let done = false
  try {
    await sleep(sku === 'rare' ? 60_000 : 20)
    done = true
    return { sku, count: 3 }
  } finally {
    if (!done) console.log(`inventory: gave up ${sku}`)
  }
})

const onListening = (url: string): void => console.log(url)
await run(() => serve(app, { port: 0, host: '127.0.0.1', linger: 0, onListening }), {
  grace: 10_000,
})
