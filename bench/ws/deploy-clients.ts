// node deploy-clients.ts <url> <count>: clients that resume. On `report` they say what each has got, and when each came
// back after which cut.
import { openWebSocket } from '@corral/ws'
import { run, sleep, spawn } from 'corral'

const [, , url = '', count = '1'] = process.argv
const got: number[][] = []
const told: string[] = []
const returns: number[] = []
let opened = 0

function onFirst(): void {
  opened += 1
  if (opened === Number(count)) process.send?.({ open: opened })
}

async function client(index: number): Promise<void> {
  const numbers: number[] = []
  got[index] = numbers
  await using live = await openWebSocket(url, { resume: true })
  let subscriptions = 0
  for await (const event of live) {
    if (event.kind === 'message') numbers.push(Number(event.data))
    else if (event.kind === 'gap') told.push('gap')
    else if (subscriptions++ === 0) onFirst()
    else {
      returns.push(Date.now())
      if (event.recovered !== true) told.push('not recovered')
    }
  }
}

process.on('message', () => {
  // Each one's numbers go on by one, from wherever it came in.
  const broken = got.filter((numbers) =>
    numbers.some((n, i) => i > 0 && n !== (numbers[i - 1] ?? 0) + 1),
  )
  const last = got.map((numbers) => numbers.at(-1) ?? 0)
  process.send?.({
    clients: got.length,
    broken: broken.length,
    told,
    returns,
    least: Math.min(...last),
  })
})
process.on('disconnect', () => process.exit(0))

await run(async () => {
  for (let i = 0; i < Number(count); i++) {
    spawn(() => client(i))
    if (i % 10 === 9) await sleep(20)
  }
  await sleep(Infinity)
})
