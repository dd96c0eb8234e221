// npm run bench:ws [-- --rounds 5 --clients 500 --idle 10000 --only words --write]: ws.send, a frame
// built once, Socket.IO and corral in turn, each server and its clients in processes of their own; writes
// bench/results/ws.md.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run, sleep } from 'corral'
import { installPeers } from '../harness/install-peers.ts'
import { nextMessage } from '../harness/next-message.ts'
import { writeSection } from '../harness/write-section.ts'
import type { Page } from '../harness/write-section.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '500' },
    idle: { type: 'string', default: '10000' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})
const clients = Number(values.clients)
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const execArgv = ['--conditions=@corral/source', '--expose-gc']

interface Cost {
  readonly micros: number
  readonly grown: number
  readonly rss: number
  readonly heap: number
  readonly echoes: number
}

function answer<T>(child: ChildProcess, order?: unknown): Promise<T> {
  if (order !== undefined) child.send(order as object)
  return nextMessage<T>(child)
}

/** Runs `body` beside a server of this kind and so many clients. */
async function withServer<T>(
  kind: string,
  count: number,
  body: (server: ChildProcess, clients: ChildProcess) => Promise<T>,
): Promise<T> {
  const server = fork(here('server.ts'), [kind], { execArgv })
  const { port } = await answer<{ port: number }>(server)
  const path = kind === 'Socket.IO' ? '/socket.io/?EIO=4&transport=websocket' : '/'
  const greeting = kind === 'Socket.IO' ? ['40'] : []
  const argv = [`ws://127.0.0.1:${port}${path}`, String(count), ...greeting]
  const peers = fork(here('clients.ts'), argv, { execArgv })
  await answer(peers)
  await sleep(300)
  try {
    return await body(server, peers)
  } finally {
    server.kill('SIGKILL')
    peers.kill('SIGKILL')
  }
}

/** CPU of the server in microseconds for each message to each client. */
function broadcast(kind: string, perTurn: number, every: number): Promise<number> {
  return withServer(kind, clients, async (server) => {
    const order = { turns: every === 0 ? 100 : 40, perTurn, size: 100, every }
    await answer(server, order) // warm
    const { micros } = await answer<Cost>(server, order)
    return micros / (order.turns * perTurn * clients)
  })
}

/** Bytes of an idle connection. */
async function idle(kind: string): Promise<number> {
  const count = Number(values.idle)
  const rss = (n: number): Promise<number> =>
    withServer(kind, n, async (server) => (await answer<Cost>(server, 'idle')).heap)
  return ((await rss(count)) - (await rss(100))) / (count - 100)
}

/** CPU of the server in microseconds for each echo. */
function echo(kind: string): Promise<number> {
  return withServer(kind, 50, async (server, peers) => {
    await answer(peers, 'echo 200')
    server.send('cpu')
    await nextMessage(server)
    const { echoes } = await answer<Cost>(peers, 'echo 1000')
    const { micros } = await answer<Cost>(server, 'cpu')
    return micros / echoes
  })
}

/** Megabytes that the server grows by when 5 of 55 clients read nothing and 20 MB are sent to each. */
function stalled(kind: string): Promise<number> {
  return withServer(kind, 55, async (server, peers) => {
    await answer(peers, 'stall 5')
    const { grown } = await answer<Cost>(server, {
      turns: 2000,
      perTurn: 1,
      size: 10_000,
      every: 0,
    })
    return grown / 1e6
  })
}

interface Row {
  readonly title: string
  readonly unit: string
  readonly kinds: readonly string[]
  readonly measure: (kind: string) => Promise<number>
  readonly digits: number
  /** What was promised. Ratios are those of the last column. */
  readonly budgets?: readonly Budget[]
}

interface Budget {
  readonly kind: string
  /** How many times corral's figure this one has to be, at least. */
  readonly times?: number
  /** How much corral's own may be, at most. */
  readonly most?: number
}

const PEERS = ['ws.send', 'frame once', 'Socket.IO', 'corral']
const rows: Row[] = [
  {
    title: 'one message a turn',
    unit: 'us CPU a delivery',
    kinds: PEERS,
    measure: (kind) => broadcast(kind, 1, 0),
    digits: 2,
    budgets: [
      { kind: 'ws.send', times: 1.2 },
      { kind: 'Socket.IO', times: 1.7 },
      { kind: 'frame once', times: 1 / 1.1 },
    ],
  },
  {
    title: 'ten messages a turn',
    unit: 'us CPU a delivery',
    kinds: PEERS,
    measure: (kind) => broadcast(kind, 10, 0),
    digits: 2,
    budgets: [{ kind: 'ws.send', times: 8 }],
  },
  {
    title: 'one message a millisecond',
    unit: 'us CPU a delivery',
    kinds: ['ws.send', 'corral', 'corral 5 ms'],
    measure: (kind) => broadcast(kind, 1, 1),
    digits: 2,
  },
  {
    title: 'echo',
    unit: 'us CPU an echo',
    kinds: ['ws.send', 'corral'],
    measure: echo,
    digits: 2,
    budgets: [{ kind: 'ws.send', times: 1 / 1.25 }],
  },
  {
    title: `idle connection, of ${values.idle}`,
    unit: 'KB of heap and buffers',
    kinds: ['ws.send', 'Socket.IO', 'corral'],
    measure: async (kind) => (await idle(kind)) / 1000,
    digits: 2,
    budgets: [{ kind: 'corral', most: 9.5 }],
  },
  {
    title: '5 of 55 clients stalled, 20 MB each',
    unit: 'MB more',
    kinds: ['ws.send', 'frame once', 'corral'],
    measure: stalled,
    digits: 0,
    budgets: [{ kind: 'corral', most: 45 }],
  },
]

function median(of: readonly number[]): number {
  return of.toSorted((a, b) => a - b)[of.length >> 1] as number
}

function verdict({ kind, times, most }: Budget, value: number, ratio: number): string {
  if (times !== undefined) {
    const met = ratio >= times ? 'met' : `**missed**: ${ratio.toFixed(2)}`
    return `${kind} at least ${times.toFixed(2)} times corral: ${met}`
  }
  return `at most ${most}: ${value <= (most ?? 0) ? 'met' : '**missed**'}`
}

/** Measures a row in turns and gives its table. */
async function measured(row: Row): Promise<string> {
  const samples = new Map(row.kinds.map((kind): [string, number[]] => [kind, []]))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of round % 2 === 0 ? row.kinds : row.kinds.toReversed()) {
      samples.get(kind)?.push(await row.measure(kind))
    }
  }
  const ours = samples.get('corral') as number[]
  const lines = [`| | ${row.unit} | range | times corral |`, '|---|---|---|---|']
  const verdicts: string[] = []
  for (const [kind, all] of samples) {
    const ratio = median(all.map((value, i) => value / (ours[i] as number)))
    const range = `${Math.min(...all).toFixed(row.digits)} to ${Math.max(...all).toFixed(row.digits)}`
    lines.push(`| ${kind} | ${median(all).toFixed(row.digits)} | ${range} | ${ratio.toFixed(2)} |`)
    for (const budget of row.budgets ?? []) {
      if (budget.kind === kind) verdicts.push(verdict(budget, median(all), ratio))
    }
  }
  const conditions = `${values.rounds} rounds, ${clients} clients, load ${loadavg()[0]?.toFixed(1)}.`
  const budgets = verdicts.length === 0 ? '' : ` Budgets: ${verdicts.join('; ')}.`
  return `${conditions}${budgets}\n\n${lines.join('\n')}`
}

const page: Page = {
  url: new URL('../results/ws.md', import.meta.url),
  head: `# WebSockets: ws 8.23.0, Socket.IO 4.8.4 and corral in one run

\`npm run bench:ws -- --write\`, Node ${process.versions.node}, ${cpus().length} cores. Interleaved rounds, loopback clients in a process of their own, messages of 100
bytes, CPU time of the server's process, medians; \`times corral\` is the median of the ratios round by round. On a shared machine
trust ratios of 1.3 and more. \`frame once\` encodes a message once and writes it to each socket: the floor when each message is a
system call.`,
  titles: rows.map(({ title }) => title),
}

installPeers()
await run(
  async () => {
    for (const row of rows) {
      if (!row.title.includes(values.only)) continue
      const body = await measured(row)
      console.log(`\n## ${row.title}\n\n${body}`)
      if (values.write) await writeSection(page, row.title, body)
    }
  },
  { handleSignals: false },
)
