// npm run bench:ws:bus [-- --seconds 3 --rounds 3 --write]: messages a second from a room on one connection to the room of the
// same name on another, over each bus, when each turn has one message and when it has ten or fifty, which travel together.
import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Room } from '@corral/ws'
import type { Bus } from '@corral/ws'
import { run, sleep } from 'corral'
import { openService } from './chaos/services.ts'
import { openBus } from './open-bus.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
  },
})
const PER_TURN = [1, 10, 50]

/** How many messages may be on their way. */
const AHEAD = 2000

interface Figure {
  /** Messages a second. */
  readonly rate: number
  /** CPU of both ends, in microseconds a message. */
  readonly micros: number
}

function turnEnd(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

async function measured(kind: string, url: string, perTurn: number): Promise<Figure> {
  await using stack = new AsyncDisposableStack()
  const [one, two] = [await openBus(kind, url, stack), await openBus(kind, url, stack)] as Bus[]
  const name = `bench ${Math.random()}`
  const from = stack.use(new Room<string>({ name, bus: one as Bus, history: AHEAD }))
  const to = stack.use(new Room<string>({ name, bus: two as Bus, history: AHEAD }))
  while (to.positions()[from.epoch] === undefined) await sleep(10)
  const text = 'x'.repeat(100)
  const arrived = (): number => to.positions()[from.epoch] ?? 0
  let sent = 0
  const send = async (ms: number): Promise<void> => {
    const until = performance.now() + ms
    while (performance.now() < until) {
      if (sent + perTurn - arrived() <= AHEAD) {
        for (let i = 0; i < perTurn; i++) from.send(text)
        sent += perTurn
      }
      await turnEnd()
    }
  }
  await send(500) // warm
  const [begun, cpu, already] = [performance.now(), process.cpuUsage(), arrived()]
  await send(Number(values.seconds) * 1000)
  const count = arrived() - already
  const { user, system } = process.cpuUsage(cpu)
  const rate = (count / (performance.now() - begun)) * 1000
  while (arrived() < sent) await sleep(10) // rooms deliver in order, or not at all
  return { rate, micros: (user + system) / count }
}

const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[of.length >> 1] as number

await run(async () => {
  const rows: string[] = []
  for (const kind of ['Redis', 'NATS', 'PostgreSQL'] as const) {
    await using service = await openService(kind)
    const rounds: Figure[][] = []
    for (let round = 0; round < Number(values.rounds); round++) {
      const figures: Figure[] = []
      for (const perTurn of PER_TURN) figures.push(await measured(kind, service.url, perTurn))
      rounds.push(figures)
    }
    for (const [i, perTurn] of PER_TURN.entries()) {
      const rate = median(rounds.map((figures) => figures[i]?.rate ?? 0))
      const micros = median(rounds.map((figures) => figures[i]?.micros ?? 0))
      const times = median(rounds.map((one) => (one[i]?.rate ?? 0) / (one[0]?.rate ?? 1)))
      rows.push(
        `| ${kind} | ${perTurn} | ${Math.round(rate)} | ${times.toFixed(1)} | ${micros.toFixed(1)} |`,
      )
      console.log(rows.at(-1))
    }
  }
  if (!values.write) return
  const page = `# The buses, with batches and without

\`npm run bench:ws:bus -- --write\`, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}; two connections in this process with a room of the same name each, messages of 100 bytes,
${values.rounds} rounds of ${values.seconds} s, medians. What a room sends in one turn of the event loop travels as one message of the bus: with one message
a turn there are no batches. At most 2 000 messages are on their way.

| bus | messages a turn | messages a second | times one a turn | CPU µs of both ends a message |
| --- | ---: | ---: | ---: | ---: |
${rows.join('\n')}
`
  await writeFile(new URL('../results/ws-bus.md', import.meta.url), page)
})
