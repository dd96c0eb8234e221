// A program that is looked into: 1 000 tasks that wait, and, while a file is there, a loop that is busy or blocked.
import { existsSync } from 'node:fs'
import { Queue, run, sleep, taskGroup } from 'corral'

const [mode = 'idle', flag = ''] = process.argv.slice(2)

function hotLoop(until: () => boolean): number {
  let sum = 0
  while (!until()) for (let i = 0; i < 100_000; i++) sum += Math.sqrt(i)
  return sum
}

await run(
  async () => {
    const orders = new Queue<number>({ name: 'orders' })
    await taskGroup(async (group) => {
      for (let i = 0; i < 1000; i++) group.spawn(() => orders.get(), { name: `req#${i}` })
      group.spawn(
        async () => {
          for (;;) {
            await sleep(2)
            if (mode === 'idle' || !existsSync(flag)) continue
            const start = performance.now()
            hotLoop(() =>
              mode === 'busy'
                ? performance.now() - start >= 20
                : !existsSync(flag) || performance.now() - start > 10_000,
            )
          }
        },
        { name: 'worker' },
      )
      process.stdout.write('ready\n')
    })
  },
  { name: 'main' },
)
