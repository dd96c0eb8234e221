// Two producers, three consumers, a queue with back-pressure, and a clean end.
import { Queue, run, sleep, taskGroup } from 'corral'

export async function main(): Promise<void> {
  const queue = new Queue<string>({ capacity: 2 })
  const handled = new Map<string, number>()

  async function produce(name: string): Promise<void> {
    for (let i = 1; i <= 6; i++) {
      await queue.put(`${name}${i}`) // waits while the queue is full
      await sleep(5)
    }
  }

  async function consume(name: string): Promise<void> {
    for await (const item of queue) {
      await sleep(20)
      handled.set(item, (handled.get(item) ?? 0) + 1)
      queue.taskDone()
    }
    console.log(`${name} has nothing more to do`)
  }

  await taskGroup(async (group) => {
    for (const name of ['c1', 'c2', 'c3']) group.spawn(() => consume(name))
    await taskGroup(async (producers) => {
      producers.spawn(() => produce('a'))
      producers.spawn(() => produce('b'))
    })
    await queue.join() // until everything is handled
    queue.close() // ends the consumers' loops
  })
  console.log(`${handled.size} items, each of them once`)
}

if (import.meta.main) await run(main)
