// Cancels commands of many shapes by each tool, and counts who lives on when it says that it is over.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { kill, look, until } from './living.ts'
import { tools } from './tools.ts'

const SHAPES: readonly (readonly [name: string, script: string, members: number])[] = [
  ['one', 'exec sleep 60', 1],
  ['two beside each other', 'sleep 60 & sleep 60', 3],
  ['grandchildren', 'sh -c "sleep 60 & sleep 60" & wait', 3],
  ['TERM ignored', 'trap "" TERM; sleep 60 & while :; do sleep 1; done', 3],
  ['stopped', 'kill -STOP $$; sleep 60', 1],
  ['200 descendants', 'i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; wait', 200],
  ['prints without end', 'sleep 60 & while :; do echo x; done', 2],
]

interface Outcome {
  readonly left: number
  readonly ms: number
}

const LIMIT = 5_000

async function measure(
  start: (mark: string, script: string) => { stop(): void; over: Promise<unknown> },
  script: string,
  members: number,
): Promise<Outcome> {
  const mark = `bench-${process.pid}-${Math.random()}`
  const work = start(mark, script)
  await until(() => look(mark).living.length >= members)
  await new Promise((done) => setTimeout(done, 50))
  const before = performance.now()
  work.stop()
  await Promise.race([work.over, new Promise((done) => setTimeout(done, LIMIT))])
  const ms = performance.now() - before
  const { living } = look(mark)
  kill(living)
  return { left: living.length, ms }
}

const rows: string[][] = []
for (const [name, tool] of Object.entries(tools)) {
  const row = [name]
  for (const [, script, members] of SHAPES) {
    const { left, ms } = await measure(
      (mark, script) => {
        const controller = new AbortController()
        const env = { ...process.env, MARK: mark }
        const over = tool('sh', ['-c', script], env, controller.signal).then(
          () => {},
          () => {},
        )
        return { stop: () => controller.abort(), over }
      },
      script,
      members,
    )
    row.push(`${left} (${ms >= LIMIT ? `> ${LIMIT}` : Math.round(ms)} ms)`)
  }
  rows.push(row)
}

for (const library of ['trio', 'anyio']) {
  const row = [library]
  const program = fileURLToPath(new URL('cancel_peers.py', import.meta.url))
  for (const [, script, members] of SHAPES) {
    let failed = false
    const { left, ms } = await measure(
      (mark, script) => {
        const child = spawn('/usr/bin/python3', [program, library, script], {
          env: { ...process.env, MARK: mark },
          stdio: ['pipe', 'ignore', 'ignore'],
        })
        child.stdin.on('error', () => {})
        child.once('exit', (code) => (failed = code !== 0))
        return {
          stop: () => child.stdin.end('stop\n'),
          over: new Promise((done) => child.once('exit', done)),
        }
      },
      script,
      members + 1,
    )
    row.push(failed ? '-' : `${left} (${ms >= LIMIT ? `> ${LIMIT}` : Math.round(ms)} ms)`)
  }
  rows.push(row)
}

console.log(`| left alive (time to settle) | ${SHAPES.map(([name]) => name).join(' | ')} |`)
console.log(`| --- |${SHAPES.map(() => ' ---: |').join('')}`)
for (const row of rows) console.log(`| ${row.join(' | ')} |`)
process.exit()
