import { describe, expect, it } from 'vitest'
import { moves } from '../../src/state/job-state.ts'
import { outcomeOf } from '../../src/state/outcome.ts'
import type { RunEnd } from '../../src/state/outcome.ts'
import type { ClaimedJob, Failure } from '../../src/store/records.ts'

const keep = { done: 1, dead: 2 }
const failure: Failure = {
  attempt: 1,
  at: 0,
  name: 'Error',
  message: 'no',
  code: undefined,
  stack: undefined,
}

function running(patch: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    id: '1',
    claim: 'a',
    kind: 'mail',
    queue: 'mail',
    state: 'running',
    priority: 0,
    payload: 'null',
    run: 1,
    attempt: 1,
    attempts: 3,
    unique: undefined,
    limitKey: undefined,
    limit: undefined,
    pending: 0,
    worker: 'w',
    cancelAsked: false,
    progress: undefined,
    result: undefined,
    failures: [],
    addedAt: 0,
    runAt: 0,
    scheduledFor: undefined,
    startedAt: 0,
    endedAt: undefined,
    ...patch,
  }
}

describe('outcomeOf', () => {
  const ends: readonly RunEnd[] = [
    { how: 'returned', result: '1' },
    { how: 'threw', failure, permanent: false },
    { how: 'threw', failure, permanent: true },
    { how: 'cancelled' },
    { how: 'sleeps', delay: 5 },
    { how: 'given-back' },
    { how: 'lost', failure },
  ]

  it('never leads where a running job may not go', () => {
    for (const end of ends) {
      for (const attempt of [1, 3]) {
        for (const cancelAsked of [false, true]) {
          const { to } = outcomeOf(running({ attempt, cancelAsked }), end, keep, 7)
          expect(moves.running).toContain(to)
          if (cancelAsked && end.how !== 'returned' && end.how !== 'sleeps') {
            expect(to).toBe('cancelled')
          }
        }
      }
    }
  })

  it('tries again after the delay while attempts are left, and then no more', () => {
    const threw: RunEnd = { how: 'threw', failure, permanent: false }
    expect(outcomeOf(running(), threw, keep, 7)).toMatchObject({ to: 'later', delay: 7 })
    expect(outcomeOf(running({ attempt: 3 }), threw, keep, 7)).toMatchObject({
      to: 'dead',
      keep: 2,
      failures: [failure],
    })
  })

  it('does not try again what is permanent', () => {
    const threw: RunEnd = { how: 'threw', failure, permanent: true }
    expect(outcomeOf(running(), threw, keep, 7)).toMatchObject({ to: 'dead' })
  })

  it('counts no attempt for what was given back or sleeps', () => {
    expect(outcomeOf(running(), { how: 'given-back' }, keep)).toMatchObject({
      to: 'ready',
      refund: true,
    })
    expect(outcomeOf(running(), { how: 'sleeps', delay: 5 }, keep)).toMatchObject({
      to: 'later',
      refund: true,
      delay: 5,
    })
  })

  it('counts an attempt for a worker that died, so that a job that kills its worker ends', () => {
    expect(outcomeOf(running(), { how: 'lost', failure }, keep)).toMatchObject({
      to: 'ready',
      refund: false,
    })
    expect(outcomeOf(running({ attempt: 3 }), { how: 'lost', failure }, keep).to).toBe('dead')
  })

  it('keeps the last ten failures', () => {
    const failures = Array.from({ length: 10 }, (_, i) => ({ ...failure, attempt: i + 1 }))
    const threw: RunEnd = { how: 'threw', failure: { ...failure, attempt: 11 }, permanent: false }
    const { failures: kept } = outcomeOf(running({ failures, attempts: 20 }), threw, keep, 7)
    expect(kept?.map(({ attempt }) => attempt)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
})
