// node followers.ts <url> <count>: clients that resume, and know what they should have got. On `report` they say it.
import { openWebSocket } from '@corral/ws'
import { fixed, run, sleep, spawn } from 'corral'

const [, , url = '', count = '1', backoff = ''] = process.argv

/** What a client has got, for each process that sends. */
class Follower {
  readonly last = new Map<string, number>()
  /** Senders of which it was told that something is missing, until it hears of them again. */
  readonly #told = new Set<string>()
  told = 0
  silent = 0
  twice = 0

  take(text: string): void {
    const [epoch = '', number] = text.split(' ')
    const n = Number(number)
    const last = this.last.get(epoch) ?? 0
    if (n <= last) this.twice += 1
    else if (n > last + 1 && !this.#told.has(epoch) && !this.#told.has('')) this.silent += 1
    this.#told.delete(epoch)
    this.last.set(epoch, Math.max(last, n))
  }

  /** Messages are missing, of whom is not said: of any that it knows, or of one that it does not know yet. */
  lost(): void {
    this.told += 1
    for (const epoch of ['', ...this.last.keys()]) this.#told.add(epoch)
  }

  /** Senders whose last messages it has not got, without having been told. */
  behind(ends: Readonly<Record<string, number>>): boolean {
    return Object.entries(ends).some(
      ([epoch, end]) =>
        (this.last.get(epoch) ?? 0) < end && !this.#told.has(epoch) && !this.#told.has(''),
    )
  }

  has(ends: Readonly<Record<string, number>>): boolean {
    return Object.entries(ends).every(([epoch, end]) => (this.last.get(epoch) ?? 0) >= end)
  }
}

/** How they fared. */
export interface Report {
  readonly clients: number
  /** Got every message once and in order. */
  readonly exact: number
  /** Were told that some are missing. */
  readonly told: number
  /** Lack some, or got one twice or out of order, without a word. */
  readonly wrong: number
  /** Are not at the end yet, and were told nothing. */
  readonly behind: number
  /** Were closed for good. */
  readonly closed: number
  /** Messages received. */
  readonly received: number
  /** When each came back, in milliseconds since the epoch. */
  readonly returns: readonly number[]
}

const followers: Follower[] = []
const returns: number[] = []
let [received, opened, closed] = [0, 0, 0]

async function follow(): Promise<void> {
  const follower = new Follower()
  followers.push(follower)
  const options = backoff === '' ? {} : { backoff: fixed(Number(backoff)) }
  await using live = await openWebSocket(url, { resume: true, ...options })
  let subscriptions = 0
  for await (const event of live) {
    if (event.kind === 'message') {
      received += 1
      follower.take(String(event.data))
    } else if (event.kind === 'gap') follower.lost()
    else if (subscriptions++ === 0) {
      opened += 1
      if (opened === Number(count)) process.send?.({ open: opened })
    } else {
      returns.push(Date.now())
      if (event.recovered !== true) follower.lost()
    }
  }
  closed += 1
}

process.on('message', (ends: Readonly<Record<string, number>>) => {
  const report: Report = {
    clients: followers.length,
    exact: followers.filter(
      (one) => one.told === 0 && one.silent + one.twice === 0 && one.has(ends),
    ).length,
    told: followers.filter(({ told }) => told > 0).length,
    wrong: followers.filter(({ silent, twice }) => silent + twice > 0).length,
    behind: followers.filter((one) => one.behind(ends)).length,
    closed,
    received,
    returns,
  }
  process.send?.(report)
})
process.on('disconnect', () => process.exit(0))

await run(
  async () => {
    for (let i = 0; i < Number(count); i++) {
      spawn(follow)
      if (i % 20 === 19) await sleep(20)
    }
    await sleep(Infinity)
  },
  { handleSignals: false },
)
