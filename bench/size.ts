// npm run bench:size: minified and compressed bytes of programs that use a part of the core, and of peers.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('.', import.meta.url))
const installed = existsSync(`${root}node_modules/esbuild`)
if (!installed) throw new Error('run npm run bench once: it installs the peers')
const { build } = await import('esbuild')

const tasks = `run, taskGroup, supervisor, openGroup, spawn, Task, gather, gatherSettled, mapConcurrent, race, any,
  asCompleted, staggeredRace, timeout, timeoutAt, moveOnAfter, shield, CancelScope, checkpoint, throwIfCancelled, isCancelled,
  currentTask, currentSignal, currentDeadline, cancellable, sleep, sleepUntil, now, TaskLocal, Future`
const sync = 'Lock, RwLock, Semaphore, CapacityLimiter, Event, Condition, Barrier, Once'
const channels = 'Queue, LifoQueue, PriorityQueue, openChannel, Broadcast, Watch, select'

function of(names: string): string {
  return `import { ${names} } from 'corral'; console.log(${names})`
}

function everything(...modules: readonly string[]): string {
  return modules
    .map((name, i) => `import * as all${i} from '${name}'; console.log(all${i})`)
    .join('\n')
}

const programs: Record<string, { readonly code: string; readonly budget?: number }> = {
  'run + group + timeout + gather': { code: of('run, taskGroup, timeout, gather'), budget: 10_450 },
  'tasks and scopes': { code: of(tasks) },
  'tasks and scopes, synchronisation, queues and channels': {
    code: of(`${tasks}, ${sync}, ${channels}`),
  },
  // 29 700 for what stood in November 2026 and for the rules at its edges, and what came since, each of which falls away
  // where it is not imported: fromEvent 530, Cache 520, TaskMap 220; operators of Stream, which do not: 870.
  'the whole core, with flow and streams': { code: everything('corral'), budget: 31_900 },
  'effect, the first program, by its index': {
    code: `import { Effect } from 'effect'; console.log(Effect.runPromise, Effect.forkChild, Effect.timeout, Effect.all)`,
  },
  'effection, all of it': { code: everything('effection') },
  'p-limit, p-map, p-queue, p-retry, p-timeout, p-throttle, async-mutex': {
    code: everything(
      'p-limit',
      'p-map',
      'p-queue',
      'p-retry',
      'p-timeout',
      'p-throttle',
      'async-mutex',
    ),
  },
}

console.log('| program | min | min+gzip | budget |\n|---|---|---|---|')
for (const [title, { code, budget }] of Object.entries(programs)) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'es2024',
    conditions: ['@corral/source'],
    write: false,
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error(`${title}: esbuild wrote nothing`)
  const zipped = gzipSync(output.contents, { level: 9 }).length
  const verdict =
    budget === undefined ? '-' : `${budget}: ${zipped <= budget ? 'met' : '**missed**'}`
  console.log(`| ${title} | ${output.contents.length} | ${zipped} | ${verdict} |`)
}
