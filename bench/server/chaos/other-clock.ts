// A service in a process of its own, which may have another time of day.
import { api, serve } from '@corral/server'
import { currentDeadline, now, run } from 'corral'

let [calls, least, most] = [0, Infinity, 0]
const app = api().get('/stock', () => {
  const left = currentDeadline() - now()
  calls += 1
  least = Math.min(least, left)
  most = Math.max(most, left)
  return 'in stock'
})
process.on('message', () => process.send?.({ calls, least, most, skew: Date.now() }))
process.on('disconnect', () => process.exit(0))
await run(() =>
  serve(app, { port: 0, host: '127.0.0.1', onListening: (url) => process.send?.({ url }) }),
)
