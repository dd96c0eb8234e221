// A web API under load, to be looked into: its pool is too small, and a report computes.
import { api, openServer } from '@corral/server'
import { currentSignal, Pool, run, sleep, taskGroup } from 'corral'

function hotLoop(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end) Math.sqrt(end)
}

await run(
  async () => {
    const db = new Pool({ create: () => ({}), destroy: () => {}, max: 3, name: 'db' })
    const app = api({ title: 'Orders', version: '1' })
    async function loadOrder(id: string | undefined): Promise<string> {
      return await db.use(async () => {
        await sleep(25)
        return `order ${id}`
      })
    }
    app.get('/orders/:id', ({ params }) => loadOrder(params['id']))
    app.get('/report', async () => {
      for (let i = 0; i < 5; i++) {
        hotLoop(8)
        await sleep(20)
      }
      return 'done'
    })
    await using server = await openServer(app, { port: 0, host: '127.0.0.1' })
    await taskGroup(async (group) => {
      for (let i = 0; i < 12; i++) {
        group.spawn(
          async () => {
            for (let n = 0; ; n++) {
              const path = n % 20 === 0 ? '/report' : `/orders/${n}`
              await (await fetch(server.url + path, { signal: currentSignal() })).text()
            }
          },
          { name: `client#${i}` },
        )
      }
      await sleep(1500)
      process.stdout.write('ready\n')
    })
  },
  { name: 'main' },
)
