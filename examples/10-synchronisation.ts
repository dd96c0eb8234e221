// Between awaits no other task runs; across an await one may have. Then you need a lock.
import { Barrier, Condition, Event, gather, Lock, run, sleep, taskGroup } from 'corral'

async function lostUpdate(withLock: boolean): Promise<number> {
  let balance = 0
  const lock = new Lock()
  const deposit = async (): Promise<void> => {
    const before = balance // read ...
    await sleep(1) // ... ask somebody ...
    balance = before + 1 // ... write: too late
  }
  const deposits = Array.from({ length: 10 }, () => (withLock ? () => lock.use(deposit) : deposit))
  await gather(deposits)
  return balance
}

export async function main(): Promise<void> {
  console.log(`10 deposits without a lock: ${await lostUpdate(false)}`)
  console.log(`10 deposits with a lock: ${await lostUpdate(true)}`)

  const open = new Event()
  const condition = new Condition()
  const barrier = new Barrier(2)
  let stock = 0

  await taskGroup(async (group) => {
    for (const guest of ['Ann', 'Bob']) {
      group.spawn(async () => {
        await open.wait() // all who wait go in
        console.log(`${guest} comes in`)

        using _held = await condition.lock.acquire()
        await condition.waitFor(() => stock > 0) // lets the lock go meanwhile
        stock -= 1
        console.log(`${guest} takes one, ${stock} left`)
      })
    }
    for (const runner of ['r1', 'r2']) {
      group.spawn(async () => {
        await sleep(runner === 'r1' ? 10 : 20)
        await barrier.wait() // until both are here
        if (runner === 'r2') console.log('both runners are at the start')
      })
    }
    await sleep(5)
    open.set()
    await sleep(50)
    using _held = await condition.lock.acquire()
    stock = 2
    condition.notifyAll()
  })
}

if (import.meta.main) await run(main)
