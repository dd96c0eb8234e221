import { run, shield, sleep } from '../../../src/index.ts'

await run(async () => {
  try {
    console.log('ready')
    await sleep(60_000)
  } finally {
    const slow = process.argv[2] === 'slow'
    await shield(() => sleep(slow ? 60_000 : 10))
    console.log('cleaned up')
  }
})
console.log('after run')
