import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { hedge, HttpSession } from '@corral/http'
import { api, HttpProblem, openServer } from '@corral/server'
import {
  currentSignal,
  fixed,
  mapConcurrent,
  now,
  RetryBudget,
  sleep,
  throwIfCancelled,
  timeout,
} from 'corral'
import { nextMessage } from '../../harness/next-message.ts'

const REQUESTS = 500
/** What retries and hedges may take together. */
const BUDGET = 20

interface Asked {
  readonly outcomes: string
  readonly longest: number
}

/** Asks so often, with retries and a hedge from one budget, each within half a second. */
async function ask(url: string): Promise<Asked> {
  const budget = new RetryBudget({ max: BUDGET })
  await using session = new HttpSession({
    propagate: [url],
    retry: { attempts: 3, backoff: fixed(5), budget },
  })
  const outcomes = new Map<string, number>()
  let longest = 0
  const one = async (): Promise<string> => {
    try {
      return await timeout(500, () =>
        hedge(
          async () => {
            await using response = await session.get(`${url}/stock`)
            await response.text()
            if (response.status >= 500) throw new Error(String(response.status))
            return String(response.status)
          },
          { delay: 200, budget },
        ),
      )
    } catch (error) {
      throwIfCancelled()
      return (error as { code?: string }).code ?? (error as Error).message
    }
  }
  const numbers = Array.from({ length: REQUESTS }, (_, i) => i)
  await mapConcurrent(
    numbers,
    async () => {
      const began = now()
      const name = await one()
      longest = Math.max(longest, now() - began)
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
    },
    { concurrency: 20 },
  )
  const text = [...outcomes].map(([name, n]) => `${n} ${name}`).join(', ')
  return { outcomes: text, longest }
}

function row(what: string, { outcomes, longest }: Asked, calls: number, more: string): string {
  const amplification = calls / REQUESTS
  const held = amplification <= 1.1 && more.startsWith('0 ')
  return `| ${what} | ${outcomes}; longest ${Math.round(longest)} ms | ${amplification.toFixed(2)} | ${more} | ${held ? 'yes' : 'NO'} |`
}

/** A service behind that answers in this way. */
async function behind(
  what: string,
  handler: () => string | Promise<string | void>,
): Promise<string> {
  let calls = 0
  const app = api().get('/stock', () => {
    calls += 1
    return handler()
  })
  await using server = await openServer(app, { port: 0, host: '127.0.0.1', linger: 0 })
  const asked = await ask(server.url)
  const ended = now()
  while (server.live > 0 && now() - ended < 5000) await sleep(1)
  return row(
    what,
    asked,
    calls,
    `${server.live} requests left there after ${Math.round(now() - ended)} ms`,
  )
}

/** One whose connections are reset as soon as they are made. */
async function down(): Promise<string> {
  let calls = 0
  const server = createServer((socket) => {
    calls += 1
    socket.on('error', () => {}).resetAndDestroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening', { signal: currentSignal() })
  const asked = await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.close()
  return row('is down', asked, calls, '0 connections left')
}

/** One whose time of day is an hour from ours. */
async function clock(hours: number): Promise<string> {
  const shift = `const { now } = Date; Date.now = () => now() + ${hours * 3_600_000}`
  const execArgv = ['--conditions=@corral/source', '--import', `data:text/javascript,${shift}`]
  const child = fork(fileURLToPath(new URL('other-clock.ts', import.meta.url)), { execArgv })
  try {
    const { url } = await nextMessage<{ url: string }>(child)
    const asked = await ask(url)
    child.send('report')
    const { calls, least, most, skew } = await nextMessage<Record<string, number>>(child)
    const seen = `0 without a deadline; it saw ${Math.round(least ?? 0)} to ${Math.round(most ?? 0)} ms left of 500`
    const hour = `is ${(((skew ?? 0) - Date.now()) / 3_600_000).toFixed(1)} h off`
    return row(hour, asked, calls ?? 0, seen)
  } finally {
    child.kill('SIGKILL')
  }
}

function refuse(): never {
  throw new HttpProblem(503)
}

/** A service asks another one, which is not as it should be. */
export async function serviceRows(): Promise<string[]> {
  let turn = 0
  const sometimes = async (): Promise<string> => {
    await sleep((turn += 1) % 50 === 0 ? 10_000 : 2)
    return 'in stock'
  }
  return [
    await behind('is well', () => 'in stock'),
    await down(),
    await behind('is slow: 10 s', () => sleep(10_000)),
    await behind('is slow once in 50 times', sometimes),
    await behind('answers 503', refuse),
    await clock(1),
    await clock(-1),
  ]
}
