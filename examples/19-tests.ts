// Tests of asynchronous code: an hour passes at once, and a race that one order hides is found and can be replayed.
import assert from 'node:assert/strict'
import { gather, Lock, now, retry, sleep, timeout } from 'corral'
import { explore, failpoint, testRun } from 'corral/testing'

// The code under test.

function fetchReport(fetch: () => Promise<string>): Promise<string> {
  return retry(() => timeout(5000, fetch), { backoff: [60_000, 3_600_000] })
}

class Account {
  balance = 0
  readonly lock = new Lock()

  async deposit(amount: number): Promise<void> {
    const before = this.balance
    await failpoint('db.set') // the database takes its time, and may fail here
    this.balance = before + amount
  }
}

// Its tests.

async function retriesASlowService(): Promise<void> {
  let calls = 0
  const answer = await fetchReport(async () => {
    calls += 1
    if (calls < 3) await sleep(Infinity) // no answer at all
    return 'report'
  })
  assert.equal(answer, 'report')
  assert.equal(now(), 5000 + 60_000 + 5000 + 3_600_000) // virtual time: it took no time at all
}

async function depositsTwice(): Promise<void> {
  const account = new Account()
  const late = (): Promise<void> => sleep(1).then(() => account.deposit(7))
  await gather([() => account.deposit(50), late])
  assert.equal(account.balance, 57, `the balance is ${account.balance}`)
}

async function depositsTwiceWithALock(): Promise<void> {
  const account = new Account()
  const deposit = (amount: number) => () => account.lock.use(() => account.deposit(amount))
  await gather([deposit(50), deposit(7)])
  assert.equal(account.balance, 57)
}

async function report(name: string, test: () => Promise<unknown>): Promise<void> {
  try {
    await test()
    console.log(`passed  ${name}`)
  } catch (error) {
    const { message } = error as Error
    const replay = message.includes('replay:') ? ', and how to replay it' : ''
    console.log(`failed  ${name}`)
    console.log(`        ${message.split('\n', 1)[0]}${replay}`)
  }
}

export async function main(): Promise<void> {
  await report('a slow service is asked again an hour later', () => testRun(retriesASlowService))
  await report('two deposits, in the usual order', () => testRun(depositsTwice))
  await report('two deposits, in every order', () => explore(depositsTwice))
  await report('two deposits with a lock, in every order', () => explore(depositsTwiceWithALock))
}

if (import.meta.main) await main()
