// A program under the watchdog: `node program.ts print|often|forever|idle|debugged|die|thread`.
import inspector from 'node:inspector'
import { Worker } from 'node:worker_threads'
import { run, sleep, spawn } from 'corral'
import type { BlockReport } from '../../src/watchdog/block-report.ts'
import { watchdog } from '../../src/watchdog/watchdog.ts'

const how = process.argv[2] ?? ''
let blocks = 0
let worst = 0

/** By processor time, so that a busy machine changes nothing. */
function block(ms: number): number {
  let sum = 0
  const used = (): number => process.threadCpuUsage().user / 1000
  for (const end = used() + ms; used() < end;) sum += 1
  return sum
}

let thread: Worker | undefined
process.on('worker', (worker) => {
  thread = worker
})

async function watched(): Promise<void> {
  const loud = how === 'print' || how === 'often' || how === 'forever'
  using dog = watchdog({
    threshold: 50,
    beat: 25,
    perHour: how === 'often' ? 2 : 100,
    ...(!loud && {
      onBlocked: ({ ms }: BlockReport) => {
        blocks += 1
        worst = Math.max(worst, ms)
      },
    }),
  })
  const up = async (): Promise<void> => {
    while (!dog.up) await sleep(10)
    await sleep(300)
  }
  const blockFor = async (ms: number): Promise<void> => {
    await spawn(() => block(ms), { name: 'req#5' })
    await sleep(300) // for the report to come
  }
  await up()
  if (how === 'print') {
    while (dog.blocks === 0) await blockFor(200)
  } else if (how === 'often') {
    while (dog.blocks < 2) await blockFor(200)
    await blockFor(200)
    await blockFor(200)
  } else if (how === 'forever') {
    await blockFor(Infinity)
  } else if (how === 'idle') {
    console.log('up')
    await sleep(3000)
    console.log(worst < 1000)
  } else if (how === 'debugged') {
    inspector.open(0)
    await blockFor(300)
    inspector.close()
    console.log(blocks)
  } else {
    await thread?.terminate()
    while (dog.up) await sleep(10)
    console.log('down')
    await up()
    console.log('up again')
    while (dog.blocks === 0) await blockFor(200)
    console.log(blocks > 0)
  }
}

if (how === 'thread') {
  const inside = new Worker(new URL(import.meta.url), { argv: ['print'] })
  inside.on('error', (error) => console.log((error as Error).message))
} else {
  await run(watched)
}
