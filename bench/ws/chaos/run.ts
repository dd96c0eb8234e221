// npm run bench:ws:chaos [-- --only input|process|crowd|Redis|NATS|PostgreSQL --fault words --write]: what goes wrong around WebSockets: clients
// that break the rules, one process, two processes on each bus; 10 000 clients that come and go. Redis and NATS have to
// be installed; all that is killed here was started here.
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { run } from 'corral'
import { writeSection } from '../../harness/write-section.ts'
import type { Page } from '../../harness/write-section.ts'
import { badInputRows } from './bad-input.ts'
import { busRows } from './bus-faults.ts'
import { comeAndGo, oneProcessRows } from './one-process.ts'
import type { BusKind } from './services.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    fault: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})

interface Part {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly head: string
  readonly rows: () => Promise<string[]>
}

const BUS_HEAD =
  '| bus | what happens | messages sent | clients that got all of them, once and in order | told that some are lost | lost or doubled in silence | left when the clients are gone | held |'

function bus(kind: BusKind): Part {
  return {
    name: kind,
    title: `Two processes on ${kind}`,
    about:
      'Both send all the time, 500 messages a second each or more; 40 clients of `corral.v1`, half at each; every client compares every number.',
    head: BUS_HEAD,
    rows: () => busRows(kind, values.fault),
  }
}

const parts: readonly Part[] = [
  {
    name: 'input',
    title: 'Clients that break the rules, at one process',
    about: '`assemblyTimeout` and `closeTimeout` of half a second.',
    head: '| a client with | outcome | held |',
    rows: badInputRows,
  },
  {
    name: 'process',
    title: 'One process',
    about: 'Clients of `corral.v1` in one room with history.',
    head: '| what happens | what came of it | held |',
    rows: () => oneProcessRows(values.fault),
  },
  bus('Redis'),
  bus('NATS'),
  bus('PostgreSQL'),
  {
    name: 'crowd',
    title: 'Ten thousand come and go',
    about: 'Raw clients in one room; after collections. `heap` counts buffers, too.',
    head: '| | connections | members | handlers | sockets | timers | heap, MB | RSS, MB |',
    rows: comeAndGo,
  },
]

const page: Page = {
  url: new URL('../../results/ws-chaos.md', import.meta.url),
  head: `# What goes wrong around WebSockets\n\n\`npm run bench:ws:chaos -- --write\`, Node ${process.versions.node}.`,
  titles: parts.map(({ title }) => title),
}

await run(async () => {
  for (const part of parts) {
    if (values.only !== '' && part.name !== values.only) continue
    const rows = await part.rows()
    if (rows.some((row) => row.endsWith('| NO |'))) process.exitCode = 1
    const line = part.head.replaceAll(/[^|]+/g, ' --- ')
    const load = loadavg()[0]?.toFixed(1)
    const body = `${part.about} Load ${load}.\n\n${part.head}\n${line}\n${rows.join('\n')}`
    if (values.write) await writeSection(page, part.title, body)
  }
})
