// node --conditions=@corral/source bench/inspect/service.ts deadlock|blocked|leak|load|many: a service with something wrong in it, to be
// looked into with `corral ps`, `top`, `dashboard`, `record` and `profile`.
import { Lock, Pool, Queue, run, sleep, taskGroup, timeout } from 'corral'

const [what = 'load', size = '10000'] = process.argv.slice(2)

function hotLoop(ms: number): number {
  const end = performance.now() + ms
  let sum = 0
  while (performance.now() < end) for (let i = 0; i < 1000; i++) sum += Math.sqrt(i)
  return sum
}

async function transfer(from: Lock, to: Lock): Promise<void> {
  using one = await from.acquire()
  void one
  await sleep(50)
  using other = await to.acquire()
  void other
}

async function subscribe(): Promise<void> {
  await new Queue<number>().get() // nobody ever puts anything in
}

await run(
  async () => {
    const db = new Pool({ create: () => ({}), destroy: () => {}, max: 5, name: 'db' })
    const accounts = [new Lock({ name: 'account 7' }), new Lock({ name: 'account 8' })] as const

    async function loadOrder(ms: number): Promise<void> {
      await using connection = await db.acquire()
      void connection
      await sleep(ms)
    }

    async function handle(): Promise<void> {
      hotLoop(0.5)
      await timeout(60_000, () => loadOrder(20))
    }

    await taskGroup(async (group) => {
      if (what === 'deadlock' || what === 'many') {
        for (let i = 0; i < Number(size); i++) {
          group.spawn(() => timeout(600_000, () => loadOrder(600_000)), { name: `req#${i}` })
          if (i !== Number(size) >> 1) continue
          group.spawn(() => transfer(...accounts), { name: 'transfer#1' })
          group.spawn(() => transfer(accounts[1], accounts[0]), { name: 'transfer#2' })
        }
      } else {
        group.spawn(async function accept() {
          for (let i = 0; ; i++) {
            await sleep(4)
            group.spawn(handle, { name: `req#${i}` })
          }
        })
      }
      if (what === 'blocked') {
        group.spawn(async function report() {
          await sleep(500)
          hotLoop(600_000)
        })
      }
      if (what === 'leak') {
        group.spawn(async function connect() {
          for (let i = 0; ; i++) {
            await sleep(100)
            group.spawn(subscribe, { name: `subscriber#${i}` })
          }
        })
      }
      await sleep(1000)
      process.stdout.write('ready\n')
    })
  },
  { name: 'main' },
)
