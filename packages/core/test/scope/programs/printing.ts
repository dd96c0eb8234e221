import { run, sleep } from '../../../src/index.ts'

await run(async () => {
  console.log('ready')
  try {
    await sleep(60_000)
  } finally {
    process.stdout.write('x'.repeat(5_000_000))
  }
})
