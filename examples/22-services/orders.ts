// The first service: takes orders, and asks the second one. What it has left of its time goes along, and so does the trace.
import { HttpSession, hedge, OriginBreakers } from '@corral/http'
import { api, HttpProblem, serve, traceContext } from '@corral/server'
import { RetryBudget, run, sleep } from 'corral'

const [, , inventory = 'http://127.0.0.1:8081'] = process.argv
const budget = new RetryBudget({ max: 10 }) // of hedges and retries together
const breakers = new OriginBreakers({ failures: 5, cooldown: 10_000 })

const app = api({ title: 'Orders', version: '1' })
const session = app.lifespan<HttpSession>(async (use) => {
  const retry = { attempts: 3, budget }
  await using client = new HttpSession({ propagate: [inventory], trace: traceContext, retry })
  await use(client)
})

app.post(
  '/orders/:sku',
  async ({ params: { sku } }) => {
    await sleep(100) // some work of its own, which takes from the time of the second service
    const url = `${inventory}/stock/${sku}`
    const ask = (): ReturnType<HttpSession['get']> =>
      breakers.use(url, () => session.get().get(url))
    await using response = await hedge(ask, { delay: 5000, budget })
    if (response.status !== 200) throw new HttpProblem(502, { detail: 'inventory failed' })
    return { ordered: await response.json() }
  },
  { timeout: 10_000 },
)

const onListening = (url: string): void => console.log(url)
await run(() => serve(app, { port: 0, host: '127.0.0.1', linger: 0, onListening }), {
  grace: 10_000,
})
