// What cannot hold where no scope travels along the awaits.
import { moveOnAfter, run, sleep, timeout } from '../../../src/index.ts'
import { explore, testRun } from '../../../src/testing.ts'

async function tell(what: string, work: () => Promise<unknown>): Promise<void> {
  const told = await work().then(
    (value) => JSON.stringify(value),
    (error: Error) => `${error.name}: ${error.message.split(';')[0]}`,
  )
  console.log(`${what}: ${told}`)
}

/** Its first wait ends before the deadline of 300 ms, also where a process is held up. */
const late = async (): Promise<string> => {
  await sleep(1)
  await sleep(900) // at the root: nobody can tell it
  return 'late'
}

await run(async () => {})
await tell('late', () => moveOnAfter(300, late))
await tell('too late', () => timeout(300, late))
await tell('in time', () => timeout(5000, late))
await tell('one wait', () => moveOnAfter(5, () => sleep(5000)))
await tell('by hand', () =>
  moveOnAfter(5, async (scope) => {
    await sleep(1)
    await scope.enter(() => sleep(5000))
  }),
)
await tell('testRun', () => testRun(late))
await tell('explore', () => explore(late))
