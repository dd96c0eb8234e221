// One of the servers behind nginx: POST, server-sent events, background work; it drains at SIGTERM and says how it ended.
import { api, background, serve, sse } from '@corral/server'
import type { RequestEvent, ServerSentEvent } from '@corral/server'
import { run, sleep } from 'corral'

const [, , port = '0'] = process.argv
const outcomes: Record<string, number> = {}
let backgrounds = 0

const app = api()
app.post('/order', async ({ request }) => {
  const { n } = (await request.json()) as { n: number }
  await sleep(20)
  backgrounds += 1
  background(async () => {
    await sleep(30)
    backgrounds -= 1
  })
  return { n }
})

async function* ticks(): AsyncGenerator<ServerSentEvent> {
  for (let id = 0; ; id += 1) {
    yield { data: id, id: String(id) }
    await sleep(50)
  }
}
app.get('/events', () => sse(ticks()))

const onRequest = ({ outcome }: RequestEvent): void => {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}
await run(
  () =>
    serve(app, {
      port: Number(port),
      host: '127.0.0.1',
      drainDelay: 100,
      grace: 10_000,
      onRequest,
      onListening: () => process.send?.('listening'),
    }),
  { grace: 15_000 },
)
process.send?.({ outcomes, backgrounds })
process.disconnect?.()
