// npm run bench:soak [-- count]: a group that lives for long; the heap before and after so many tasks and waits inside it.
import { run, Semaphore, sleep, taskGroup, timeout } from 'corral'

const tick = Promise.resolve()
const count = Number(process.argv[2] ?? 1e7)
const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined) throw new Error('start node with --expose-gc')

async function nothing(): Promise<void> {}

async function heap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await sleep(20)
    collect?.()
  }
  return process.memoryUsage().heapUsed / 1024
}

async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  await work() // once before, so that what is compiled is not counted
  const before = await heap()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  const after = await heap()
  console.log(
    `${what}: heap ${before.toFixed(0)} KiB before, ${after.toFixed(0)} KiB after, ${seconds.toFixed(1)} s`,
  )
}

await run(() =>
  taskGroup(async (group) => {
    await measured(`${count.toLocaleString('en')} spawns`, async () => {
      for (let i = 0; i < count; i++) {
        group.spawn(nothing)
        if (i % 1000 === 999) await sleep(0)
      }
    })
    const semaphore = new Semaphore(1)
    await measured(`${count.toLocaleString('en')} waits in line`, async () => {
      await taskGroup(async (workers) => {
        for (let k = 0; k < 10; k++) {
          workers.spawn(async () => {
            for (let i = 0; i < count / 10; i++) {
              const permit = await semaphore.acquire()
              await tick
              permit[Symbol.dispose]()
            }
          })
        }
      })
    })
    await measured(`${(count / 10).toLocaleString('en')} timeouts`, async () => {
      for (let i = 0; i < count / 10; i++) await timeout(60_000, nothing)
    })
  }),
)
