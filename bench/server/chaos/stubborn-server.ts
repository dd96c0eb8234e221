// node stubborn-server.ts: a server that takes 300 ms to start, with handlers that do not end when they should.
import { api, serve } from '@corral/server'
import { run, shield, sleep } from 'corral'

let closed = 0
const app = api()
app.lifespan(async (use) => {
  await sleep(300)
  try {
    await use('open')
  } finally {
    closed += 1
    process.send?.({ closed })
  }
})
app.get('/cleanup', async () => {
  process.send?.('in')
  try {
    await sleep(600_000)
  } finally {
    await shield(() => sleep(600_000))
  }
})
app.get('/deaf', async () => {
  process.send?.('in')
  await shield(() => sleep(600_000))
})
process.send?.('begun')
await run(
  () =>
    serve(app, {
      port: 0,
      host: '127.0.0.1',
      grace: 500,
      linger: 0,
      onListening: (url) => process.send?.({ url }),
    }),
  { grace: 1000 },
)
if (process.connected) process.disconnect?.()
