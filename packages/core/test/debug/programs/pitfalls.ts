// Each of the four, in a task of its own.
import { currentTask, run, sleep, spawn } from '../../../src/index.ts'

await run(async () => {
  const deaf = spawn(() => sleep(60_000).catch(() => {}), { name: 'deaf' })
  await sleep(1)
  deaf.cancel()
  await deaf

  const forget = async (): Promise<void> => {
    sleep(60_000).catch(() => {})
    await sleep(1)
  }
  await spawn(forget, { name: 'forgetful' })

  const compute = (): void => {
    const end = Date.now() + 200
    while (Date.now() < end);
  }
  await spawn(compute, { name: 'busy' })

  const leave = (): void => void setTimeout(() => void currentTask(), 1)
  await spawn(leave, { name: 'gone' })
  await sleep(50)
})
console.log('done')
