// Each of the six, in a task of its own.
import { currentTask, moveOnAfter, run, sleep, spawn } from '../../../src/index.ts'

await run(async () => {
  const deaf = spawn(() => sleep(60_000).catch(() => {}), { name: 'deaf' })
  await sleep(1)
  deaf.cancel()
  await deaf

  const inPart = async (): Promise<void> => {
    await moveOnAfter(1, () => sleep(60_000).catch(() => {}))
  }
  await spawn(inPart, { name: 'deaf in a part' })

  const forget = async (): Promise<void> => {
    sleep(60_000).catch(() => {})
    await sleep(1)
  }
  await spawn(forget, { name: 'forgetful' })

  const untidy = async (): Promise<void> => {
    try {
      await sleep(60_000)
    } finally {
      await sleep(1)
    }
  }
  const task = spawn(untidy, { name: 'untidy' })
  await sleep(1)
  task.cancel()
  await task.settled()

  const foreign = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  await moveOnAfter(1, () => spawn(foreign, { name: 'foreign' }))

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
