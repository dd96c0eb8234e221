import { Future, run, sleep, taskGroup } from '../../../src/index.ts'

await run(async () => {
  await taskGroup(async (group) => {
    const [left, right] = [new Future<void>(), new Future<void>()]
    async function first(): Promise<void> {
      try {
        await left
        right.resolve()
      } finally {
        console.log('first cleans up')
      }
    }
    async function second(): Promise<void> {
      await right
      left.resolve()
    }
    group.spawn(first)
    group.spawn(second)
    await sleep(1)
  })
})
console.log('after run')
