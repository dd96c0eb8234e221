// node --expose-gc --conditions=@corral/source bench/inspect/heap.ts [--write]: the heap while 10 000 000 tasks come and go, with
// everything of @corral/inspect on. It counts bytes: what else runs on the machine does not matter. A few minutes.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { run, Semaphore, sleep, spawn, taskGroup } from 'corral'
import { startEverything } from './everything.ts'
import { heapUsed } from './heap-used.ts'

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    millions: { type: 'string', default: '10' },
  },
})
const millions = Number(values.millions)
const rows: string[] = []

/** Half of them joined one by one, half in groups that wait for a permit, with ever new names. */
async function million(round: number): Promise<void> {
  for (let i = 0; i < 500_000; i++) {
    await spawn(async () => {}, { name: `req#${round * 1e6 + i}` })
  }
  const permits = new Semaphore(10, { name: 'permits' })
  for (let i = 0; i < 5000; i++) {
    await taskGroup((group) => {
      for (let k = 0; k < 100; k++) {
        group.spawn(() => permits.use(() => {}), { name: `job ${round}-${i}-${k}` })
      }
    })
  }
}

await run(async () => {
  const registry = startEverything()
  let first = 0
  for (let round = 1; round <= millions; round++) {
    const begun = performance.now()
    await million(round)
    const text = await registry.metrics()
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
    await sleep(200)
    const bytes = heapUsed()
    if (round === 1) first = bytes
    const seconds = (performance.now() - begun) / 1000
    rows.push(
      `| ${round} 000 000 | ${(bytes / 1e6).toFixed(2)} MB | ${((bytes - first) / 1e6).toFixed(2)} MB | ${series} | ${seconds.toFixed(0)} s |`,
    )
    console.log(rows.at(-1))
  }
})
const page = `# The heap after 10 000 000 tasks, with everything on

Node ${process.versions.node}. The watchdog, \`stuck\`, the recorder, a span for each task, \`publishTasks\` with a subscriber, and metrics that are asked for once in a million tasks; each task has a name of its own. Live bytes, array buffers included, after a collection. Written by \`bench/inspect/heap.ts\`.

| tasks | heap | more than after the first million | series of metrics | took |
| --: | --: | --: | --: | --: |
${rows.join('\n')}
`
if (values.write) writeFileSync(new URL('../results/inspect-heap.md', import.meta.url), page)
process.exit(0)
