// npm run bench:server [-- --rounds 9 --requests 10000]: each server in a process of its own, all alive, asked in turn by one client; its CPU
// time for a request, and requests a second. Then the heap of ours over a million requests: -- --memory.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { load } from './load.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    requests: { type: 'string', default: '2000' },
    memory: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const CONNECTIONS = 16
/** Of each case: what is measured is a server that has been at work for a while. */
const WARM_UP = 20_000

interface Started {
  readonly child: ChildProcess
  readonly port: number
}

async function start(name: string): Promise<Started> {
  const file = fileURLToPath(new URL(`servers/${name}.ts`, import.meta.url))
  const child = fork(file, { execArgv: [...process.execArgv, '--expose-gc'] })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

interface Usage {
  /** Microseconds of CPU time, before and after the collection that was made to measure the heap. */
  readonly until: number
  readonly from: number
  readonly heap: number
}

async function ask({ child }: Started): Promise<Usage> {
  const answer = once(child, 'message') as Promise<[Usage]>
  child.send('usage')
  return (await answer)[0]
}

const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[of.length >> 1] as number
const quartiles = (of: readonly number[]): string => {
  const sorted = of.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    (sorted[Math.floor(share * (of.length - 1))] ?? 0).toFixed(2)
  return `${at(0.25)}-${at(0.75)}`
}

const servers: Readonly<Record<string, readonly string[]>> = {
  bare: ['/hello', '/order'],
  corral: ['/hello', '/order', '/deadline', '/order-deadline'],
  hono: ['/hello', '/order', '/deadline', '/order-deadline'],
  fastify: ['/hello', '/order'],
  'fastify-scope': ['/hello', '/order', '/deadline', '/order-deadline'],
}
const titles: Readonly<Record<string, string>> = {
  bare: 'node:http by hand',
  corral: '@corral/server',
  hono: 'hono + @hono/node-server, no cancellation',
  fastify: 'fastify, no cancellation',
  'fastify-scope': 'fastify with a scope (@corral/server/fastify)',
}
const lines: string[] = []
const say = (line: string): void => {
  console.log(line)
  lines.push(line)
}

async function compare(): Promise<void> {
  const names = Object.keys(servers).filter(
    (name) => values.only?.split(',').includes(name) ?? true,
  )
  const running = new Map<string, Started>()
  for (const name of names) running.set(name, await start(name))
  const samples = new Map<string, { micros: number; rate: number }[]>()
  const requests = Number(values.requests)
  const cases = names.flatMap((name) => (servers[name] ?? []).map((path) => ({ name, path })))
  for (const { name, path } of cases) {
    await load((running.get(name) as Started).port, path, WARM_UP, CONNECTIONS)
  }
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { name, path } of round % 2 === 0 ? cases : cases.toReversed()) {
      const server = running.get(name) as Started
      const before = await ask(server)
      const began = performance.now()
      await load(server.port, path, requests, CONNECTIONS)
      const rate = (requests / (performance.now() - began)) * 1000
      const after = await ask(server)
      const key = `${name} ${path}`
      const micros = (after.until - before.from) / requests
      samples.set(key, [...(samples.get(key) ?? []), { micros, rate }])
    }
  }
  for (const { child } of running.values()) child.kill('SIGKILL')
  say(
    `Node ${process.versions.node}, ${values.rounds} rounds of ${requests} requests after ${WARM_UP} to warm up, ${CONNECTIONS} connections;`,
  )
  say('CPU time of the server for a request, beside `node:http` by hand in the same round.\n')
  say('| case | server | CPU µs | x bare | quartiles | requests/s, x bare |')
  say('| --- | --- | ---: | ---: | --- | ---: |')
  for (const [title, path, base] of [
    ['hello', '/hello', '/hello'],
    ['hello with a deadline', '/deadline', '/hello'],
    ['validated POST', '/order', '/order'],
    ['validated POST with a deadline', '/order-deadline', '/order'],
  ] as const) {
    const bare = samples.get(`bare ${base}`) ?? []
    for (const name of names) {
      const own = samples.get(`${name} ${path}`)
      if (own === undefined) continue
      const ratios = own.map(({ micros }, i) => micros / (bare[i]?.micros ?? Number.NaN))
      const rates = own.map(({ rate }, i) => rate / (bare[i]?.rate ?? Number.NaN))
      const micros = median(own.map((sample) => sample.micros))
      say(
        `| ${title} | ${titles[name]} | ${micros.toFixed(1)} | ${median(ratios).toFixed(2)} | ` +
          `${quartiles(ratios)} | ${median(rates).toFixed(2)} |`,
      )
    }
  }
}

async function memory(): Promise<void> {
  const server = await start('corral')
  say('\n| requests to @corral/server | heap after a collection, MB |\n| ---: | ---: |')
  for (let done = 0; done <= 1_000_000; done += 200_000) {
    if (done > 0) {
      await load(server.port, '/deadline', 100_000, CONNECTIONS)
      await load(server.port, '/order', 100_000, CONNECTIONS)
    } else await load(server.port, '/order', 10_000, CONNECTIONS)
    const { heap } = await ask(server)
    say(`| ${done} | ${(heap / 1e6).toFixed(1)} |`)
  }
  server.child.kill('SIGKILL')
}

await compare()
if (values.memory) await memory()
if (values.write) {
  writeFileSync(
    new URL('../results/server.md', import.meta.url),
    `# @corral/server\n\n${lines.join('\n')}\n`,
  )
}
