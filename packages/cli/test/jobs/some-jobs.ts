import { sqliteStore, type JobStore, type NewJob } from '@corral/jobs'

export function newJob(patch: Partial<NewJob> = {}): NewJob {
  return {
    kind: 'mail',
    queue: 'mail',
    payload: '{"to":"ada"}',
    priority: 0,
    delay: 0,
    attempts: 3,
    unique: undefined,
    limitKey: undefined,
    limit: undefined,
    after: [],
    expires: undefined,
    scheduledFor: undefined,
    ...patch,
  }
}

/** What a test may do with a store besides its verbs. */
export interface SomeJobs extends AsyncDisposable {
  readonly store: JobStore
  /** Ids in the order in which they were added: one dead with two failures, one running, one delayed, the rest ready. */
  readonly ids: readonly string[]
}

/** A file with jobs in all kinds of states, whose worker is this process. */
export async function someJobs(file: string, ready = 3, message = 'SMTP 451'): Promise<SomeJobs> {
  const store = await sqliteStore(file).open()
  const membership = await store.join({ id: 'w1', host: 'here', pid: process.pid, lease: 60_000 })
  const added = [...(await store.add([newJob({ attempts: 2 }), newJob()]))]
  const sources = [{ queue: 'mail', kind: 'mail' }]
  const { jobs } = await store.claim({ worker: 'w1', claim: 'c1', sources, room: 2 })
  const stack = `Error: ${message}\n    at send (/srv/mail.ts:18:11)`
  const failures = [1, 2].map((attempt) => {
    return { attempt, at: Date.now(), name: 'Error', message, code: 'E451', stack }
  })
  const [first, second] = jobs
  if (first === undefined || second === undefined) throw new Error('there was nothing to claim')
  const outcome = { refund: false, delay: 0, result: undefined, keep: Infinity }
  await store.settle([{ ...outcome, id: first.id, claim: first.claim, to: 'dead', failures }])
  await store.progress(second.id, second.claim, '0.25')
  added.push(...(await store.add([newJob({ delay: 3_600_000 })])))
  added.push(...(await store.add(Array.from({ length: ready }, () => newJob()))))
  return {
    store,
    ids: added.map(({ id }) => id),
    [Symbol.asyncDispose]: async () => {
      await membership[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
