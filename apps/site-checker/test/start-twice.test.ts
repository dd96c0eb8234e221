import { job, memoryStore, openJobs } from '@corral/jobs'
import type { Job, Jobs } from '@corral/jobs'
import { gather, moveOnAfter, sleep } from 'corral'
import { explore } from 'corral/testing'
import { describe, expect, it } from 'vitest'

interface Input {
  readonly site: string
}

/** A check as the program has it, or without what keeps two of one site apart; it counts how many there are at a time. */
function checkOf(unique: boolean): {
  readonly check: Job<Input, void>
  readonly most: () => number
} {
  let [now, most] = [0, 0]
  const check = job<Input>(
    'check',
    async () => {
      most = Math.max(most, ++now)
      try {
        await sleep(100)
      } finally {
        now--
      }
    },
    unique ? { unique: ({ site }: Input) => site } : {},
  )
  return { check, most: () => most }
}

/** Begins a check unless one is there: first it looks, then it adds. */
async function lookThenAdd(jobs: Jobs, check: Job<Input, void>): Promise<void> {
  const waiting = await jobs.list({ kind: 'check', state: 'ready' })
  const running = await jobs.list({ kind: 'check', state: 'running' })
  if (waiting.length + running.length === 0) await jobs.add(check, { site: 'a' })
}

/** Two people ask for a check of one site at the same time. */
async function twoPeople(
  unique: boolean,
  start: (jobs: Jobs, check: Job<Input, void>) => Promise<unknown>,
): Promise<void> {
  const { check, most } = checkOf(unique)
  await using jobs = await openJobs(memoryStore())
  await gather([() => start(jobs, check), () => start(jobs, check)])
  await moveOnAfter(1000, () => jobs.work([check]))
  if (most() !== 1) throw new Error(`${most()} checks of one site at a time`)
}

describe('two people who ask for a check of one site', () => {
  it('get two when the program looks first and then adds: exploring finds it', async () => {
    const failure = await explore(() => twoPeople(false, lookThenAdd)).then(
      () => undefined,
      (error: unknown) => error as Error,
    )
    expect(failure?.message).toContain('2 checks of one site at a time')
  })

  it('get the same one, in every order, by the unique key', async () => {
    const explored = await explore(() =>
      twoPeople(true, (jobs, check) => jobs.add(check, { site: 'a' })),
    )
    expect(explored.schedules).toBeGreaterThan(100)
  })
})
