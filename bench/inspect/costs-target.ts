// A program to be looked into: `node costs-target.ts TASKS`. Forty kinds of tasks wait at ten queues and pools. It prints what a
// `snapshot()` of its own takes, in milliseconds of its main thread.
import { Pool, Queue, run, sleep, taskGroup } from 'corral'
import { currentScope, snapshot } from 'corral/lowlevel'

const tasks = Number(process.argv[2])

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const names = ['accept', 'audit', 'invoice', 'mail', 'order', 'page', 'report', 'search']
const suffixes = ['', ' worker', ' retry', ' batch', ' reader']

await run(
  async () => {
    const queues = names.slice(0, 5).map((name) => new Queue<number>({ name: `${name}s` }))
    const pools = names
      .slice(3)
      .map(
        (name) => new Pool({ name: `${name} db`, create: () => ({}), destroy: () => {}, max: 5 }),
      )
    async function take(i: number): Promise<void> {
      if (i % 2 === 0) return void (await queues[i % 5]?.get())
      await pools[i % 5]?.use(() => sleep(1e7))
    }
    await taskGroup(async (group) => {
      for (let i = 0; i < tasks; i++) {
        const name = `${names[i % 8]}${suffixes[(i >> 3) % 5]}#${i}`
        group.spawn(() => take(i), { name })
      }
      await sleep(200)
      const took: number[] = []
      for (let i = 0; i < 5; i++) {
        const begun = cpuMs()
        let root = currentScope()
        while (root.parent !== undefined) root = root.parent
        snapshot(root)
        took.push(cpuMs() - begun)
      }
      process.stdout.write(`${took.toSorted((a, b) => a - b)[2]}\n`)
    })
  },
  { name: 'main' },
)
