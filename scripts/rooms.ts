/**
 * Which files of the core, and which functions in them, one cancel crosses, and one item from `put` to `get`:
 * `node scripts/rooms.ts [another checkout]`. Counted by V8 while it happens, after a first time that warms up.
 */
import { Session } from 'node:inspector'
import type { Profiler } from 'node:inspector'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Corral from 'corral'

const checkout = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)))
const source = pathToFileURL(`${checkout}/packages/core/src/`).href
const { Queue, run, spawn, sleep } = (await import(`${source}index.ts`)) as typeof Corral

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

/** What ran since it was asked last: functions by file. A session of one's own thread answers at once. */
function crossed(): Map<string, string[]> {
  let result: Profiler.ScriptCoverage[] = []
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (error !== null) throw error
    result = answer.result
  })
  const files = new Map<string, string[]>()
  for (const { url, functions } of result) {
    if (!url.startsWith(source)) continue
    const ran = functions
      .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
      .map(({ functionName }) => functionName || '(anonymous)')
    if (ran.length > 0) files.set(url.slice(source.length), ran)
  }
  return files
}

function show(title: string, files: ReadonlyMap<string, readonly string[]>): void {
  console.log(`\n${title}: ${files.size} files`)
  for (const [file, functions] of files) console.log(`  ${file}: ${functions.join(', ')}`)
}

/** Lets all that was woken run to where it waits again. */
const settled = (): Promise<void> => new Promise((done) => void setTimeout(done, 20))

await run(async () => {
  for (const last of [false, true]) {
    const sleeper = spawn(() => sleep(Infinity))
    await settled()
    crossed()
    sleeper.cancel()
    const call = crossed()
    await settled()
    const rest = crossed()
    if (last) {
      show('a cancel of a task that sleeps', call)
      show('then the end of that task', rest)
    }
    await sleeper.settled()
  }
  const queue = new Queue<number>()
  for (const last of [false, true]) {
    const taker = spawn(() => queue.get())
    await settled()
    crossed()
    const putting = queue.put(1)
    const call = crossed()
    await settled()
    const rest = crossed()
    if (last) {
      show('an item from put to a get that waits', call)
      show('then the end of the task that got it', rest)
    }
    await Promise.all([putting, taker])
  }
})
session.disconnect()
