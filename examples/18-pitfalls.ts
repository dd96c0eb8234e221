// Four pitfalls of asynchronous code, and what corral makes of them. @corral/lint warns about them.
import { EventEmitter } from 'node:events'
import { checkpoint, moveOnAfter, run, sleep, spawn, taskGroup } from 'corral'

async function save(what: string): Promise<void> {
  await sleep(10)
  console.log(`  ${what} is saved`)
}

let ticks = 0

async function tick(): Promise<void> {
  for (;;) {
    ticks += 1
    await checkpoint()
  }
}

async function compute(polite: boolean): Promise<string> {
  const before = ticks
  for (let i = 0; i < 1000; i++) {
    // corral/no-blocking-call finds loops without an end, or of a million rounds
    if (polite && i % 100 === 0) await checkpoint() // others have a turn, cancellation its effect
  }
  return ticks > before ? 'others went on' : 'everybody else stood still'
}

export async function main(): Promise<void> {
  console.log('a forgotten await')
  await spawn(async () => {
    spawn(() => save('the record')) // a task does not end before its children
  })

  console.log('a computation in the way')
  await taskGroup(async (group) => {
    group.spawn(tick)
    await checkpoint()
    console.log(`  without checkpoints ${await compute(false)}`)
    console.log(`  with checkpoints ${await compute(true)}`)
    group.cancel()
  })

  console.log('a swallowed cancellation')
  await moveOnAfter(20, async () => {
    try {
      await sleep(60_000)
    } catch {
      // corral/no-swallowed-cancellation
      console.log('  (swallowed)')
    }
    await sleep(100) // throws: the scope is still cancelled
    console.log('  went on as if nothing had happened')
  })

  console.log('a callback that cannot wait')
  const shop = new EventEmitter<{ order: [id: number] }>()
  await taskGroup(async (group) => {
    shop.on('order', (id) => void group.spawn(() => save(`order ${id}`)))
    shop.emit('order', 1)
    shop.emit('order', 2)
  })
  console.log('  all orders are saved')
}

if (import.meta.main) await run(main)
