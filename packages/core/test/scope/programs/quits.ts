import { moveOnAfter, run, sleep, spawn, timeout } from '../../../src/index.ts'

// No timer of what has ended keeps the process alive, however long it was set.
const value = await run(async () => {
  await timeout(3_600_000, () => sleep(1))
  await moveOnAfter(1, () => sleep(3_600_000))
  spawn(async () => {
    try {
      await sleep(3_600_000)
    } finally {
      console.log('left behind, cancelled')
    }
  })
  await sleep(1)
  return 'main has returned'
})
console.log(value)
