import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import {
  CancelScope,
  Event,
  gather,
  isCancelled,
  moveOnAfter,
  now,
  Semaphore,
  shield,
  sleep,
  stopping,
  taskGroup,
  throwIfCancelled,
} from 'corral'
import type { TaskGroup } from 'corral'
import { fireDue } from '../cron/fire-due.ts'
import { retryDelay } from '../job/job.ts'
import { outcomeOf } from '../state/outcome.ts'
import type { RunEnd } from '../state/outcome.ts'
import { GroupCommit } from '../store/group-commit.ts'
import type { Claimed, ClaimRequest, JobStore, Membership, Source } from '../store/job-store.ts'
import type { ClaimedJob, Outcome } from '../store/records.ts'
import { cancel, endOf, heldOf } from './held.ts'
import type { Held } from './held.ts'
import { keepOf, perform } from './perform.ts'
import type { Handler } from './perform.ts'
import { ReadAhead } from './read-ahead.ts'
import { Silence } from './silence.ts'
import type { WorkSettings } from './work-options.ts'

/** What was claimed ahead is given back when it has not begun after that time, in milliseconds. */
const stale = 1000
/** Outcomes that travel together. */
const mostOutcomes = 500

/** Works on jobs until it is asked to stop: see `Jobs.work`. */
export class Worker {
  readonly #store: JobStore
  readonly #handlers: ReadonlyMap<string, Handler>
  readonly #sources: readonly Source[]
  readonly #settings: WorkSettings
  readonly #held = new Set<Held>()
  readonly #places: Semaphore
  readonly #ahead: ReadAhead
  readonly #silence = new Silence(now)
  readonly #settler: GroupCommit<Outcome, boolean>
  /** There may be something to claim, or a job has ended. */
  readonly #wake = new Event({ name: 'work to do' })
  /** There may be something else to do. */
  readonly #look = new Event({ name: 'next look' })

  constructor(store: JobStore, handlers: readonly Handler[], settings: WorkSettings) {
    this.#store = store
    this.#handlers = new Map(handlers.map((handler) => [handler.name, handler]))
    this.#sources = handlers.map(({ name, queue }) => ({ kind: name, queue }))
    this.#settings = settings
    this.#places = new Semaphore(settings.concurrency)
    this.#ahead = new ReadAhead(settings.concurrency)
    this.#settler = new GroupCommit((outcomes) => this.#write(outcomes), mostOutcomes)
  }

  /** One that has lost its lease goes on as another, with none of the jobs that it had. */
  async run(): Promise<void> {
    while (!stopping().isSet) {
      const worker = { id: randomUUID(), host: hostname(), pid: process.pid }
      const { lease } = this.#settings
      const membership = await this.#attempt(() => this.#store.join({ ...worker, lease }))
      if (membership === undefined) continue
      try {
        await this.#live(worker.id, membership)
      } finally {
        await shield(() => this.#attempt(() => membership[Symbol.asyncDispose]()))
      }
    }
  }

  async #live(id: string, membership: Membership): Promise<void> {
    const claiming = new CancelScope({ name: 'claiming' })
    await taskGroup(async (loops) => {
      loops.spawn(() => this.#listen(membership), { name: 'hints' })
      loops.spawn(() => this.#maintain(membership), { name: 'maintenance' })
      loops.spawn(
        async () => {
          await membership.lost.wait()
          for (const held of this.#held) cancel(held, 'lost')
          claiming.cancel('the lease is lost')
        },
        { name: 'lease' },
      )
      loops.spawn(
        async () => {
          await stopping().wait()
          claiming.cancel('it stops')
        },
        { name: 'stopping' },
      )
      await taskGroup(async (jobs) => {
        await claiming.run(() => this.#claimAll(id, jobs))
        await this.#drain()
      })
      loops.cancel('its jobs have ended')
    })
  }

  /** Gives back what was not begun, and lets the others end. */
  async #drain(): Promise<void> {
    for (const held of this.#held) if (held.begunAt === undefined) cancel(held, 'stops')
    const { timedOut } = await moveOnAfter(this.#settings.grace, async () => {
      while (this.#held.size > 0) {
        this.#wake.clear()
        await this.#wake.wait()
      }
    })
    if (timedOut) for (const held of this.#held) cancel(held, 'stops')
  }

  async #claimAll(worker: string, jobs: TaskGroup): Promise<void> {
    let claims = 1
    let retry = false
    for (;;) {
      throwIfCancelled()
      this.#wake.clear()
      const room = this.#ahead.room(this.#held.size)
      let wait = this.#store.pace
      if (room > 0) {
        const claim = `${worker}:${claims}`
        const request: ClaimRequest = { worker, claim, sources: this.#sources, room, retry }
        // Once begun it is heard out, and asked for again when it failed: what it claimed would belong to a worker that
        // does not know of it.
        const claimed: Claimed | undefined = await shield(() =>
          this.#attempt(() => this.#store.claim(request)),
        )
        retry = claimed === undefined
        if (claimed !== undefined) claims += 1
        const { jobs: got = [], again = wait } = claimed ?? {}
        for (const job of got) this.#start(job, jobs)
        if (got.length >= room) continue
        wait = Math.min(wait, again)
      }
      await moveOnAfter(wait, () => this.#wake.wait())
    }
  }

  #start(job: ClaimedJob, jobs: TaskGroup): void {
    const held = heldOf(job)
    this.#held.add(held)
    jobs.spawn(() => this.#carry(held), { name: `${job.kind} ${job.id}` })
  }

  /** From claimed to settled. */
  async #carry(held: Held): Promise<void> {
    const { job, scope } = held
    const { id, kind } = job
    const handler = this.#handlers.get(kind) as Handler
    let end: RunEnd | 'finished' | undefined
    try {
      await scope.run(async () => {
        using _place = await this.#places.acquire()
        held.begunAt = now()
        this.#settings.onEvent({ type: 'started', id, kind, waited: held.begunAt - job.runAt })
        end = await perform(this.#store, handler, job, scope)
      })
    } finally {
      await shield(async () => {
        try {
          await this.#settle(held, handler, end ?? endOf(held))
        } finally {
          this.#held.delete(held)
          this.#wake.set()
        }
      })
    }
  }

  async #settle(held: Held, handler: Handler, end: RunEnd | 'finished' | 'lost'): Promise<void> {
    const { job, begunAt } = held
    const { id, kind } = job
    const took = begunAt === undefined ? 0 : now() - begunAt
    if (begunAt !== undefined) this.#ahead.ended(took)
    const told = { id, kind, took }
    if (end === 'lost') return this.#settings.onEvent({ type: 'lost', ...told })
    if (end === 'finished') return this.#settings.onEvent({ type: 'done', ...told })
    const { options } = handler
    const delay = end.how === 'threw' ? retryDelay(options.backoff, job.attempt) : 0
    // It may have been asked to end since it was claimed.
    const asked = { ...job, cancelAsked: job.cancelAsked || held.reason === 'asked' }
    const outcome = outcomeOf(asked, end, keepOf(options), delay)
    const mine = await this.#settler.submit(outcome)
    if (!mine) return this.#settings.onEvent({ type: 'lost', ...told })
    if (outcome.to === 'done') return this.#settings.onEvent({ type: 'done', ...told })
    if (outcome.to === 'cancelled') return this.#settings.onEvent({ type: 'cancelled', ...told })
    if (end.how === 'threw') {
      const type = outcome.to === 'dead' ? 'failed' : 'retries'
      return this.#settings.onEvent({ type, ...told, failure: end.failure })
    }
    return this.#settings.onEvent({ type: end.how === 'sleeps' ? 'sleeps' : 'given-back', ...told })
  }

  /** Writes outcomes, again and again while the store is away, until others may have the jobs. */
  async #write(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    const until = now() + this.#settings.lease
    for (;;) {
      const written = await this.#attempt(() => this.#store.settle(outcomes))
      if (written !== undefined) return written
      if (now() > until) return outcomes.map(() => false)
    }
  }

  async #listen(membership: Membership): Promise<void> {
    for (;;) {
      await this.#attempt(async () => {
        for await (const { about } of this.#store.hints()) {
          if (about !== 'asked') this.#wake.set()
          if (about === 'asked' || about === 'any') await this.#cancelAsked(membership)
          this.#look.set()
        }
      })
    }
  }

  async #maintain(membership: Membership): Promise<void> {
    const { pace } = this.#store
    for (;;) {
      this.#look.clear()
      this.#silence.begin()
      // At the same time: where the store is slow, a death is not to be known later for all the others.
      const [later, cron] = await gather([
        () => this.#attempt(() => this.#store.advance()),
        () => this.#attempt(() => fireDue(this.#store)),
        () => this.#attempt(() => this.#reclaim()),
        () => this.#attempt(() => this.#cancelAsked(membership)),
      ])
      this.#giveBackStale()
      const wait = Math.min(later ?? pace, cron ?? pace, pace, this.#silence.next)
      const { timedOut } = await moveOnAfter(wait, () => this.#look.wait())
      // Where much goes on, hints come all the time.
      if (!timedOut) await sleep(Math.min(pace / 5, 50))
    }
  }

  async #reclaim(): Promise<void> {
    await this.#store.reclaim((worker) => this.#silence.isDead(worker))
  }

  async #cancelAsked(membership: Membership): Promise<void> {
    if (this.#held.size === 0 && membership.lost.isSet) return
    const asked = new Set(await membership.asked())
    for (const held of this.#held) if (asked.has(held.job.id)) cancel(held, 'asked')
  }

  #giveBackStale(): void {
    for (const held of this.#held) {
      if (held.begunAt !== undefined || now() - held.claimedAt < stale) continue
      cancel(held, 'stops')
      this.#ahead.ended(stale * 100) // others have more time for them
    }
  }

  /** What the store fails to do is tried again later: a worker outlives an outage. */
  async #attempt<T>(act: () => PromiseLike<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      if (isCancelled(error)) throw error
      this.#settings.onEvent({ type: 'trouble', error })
      await sleep(Math.min(this.#store.pace, 500))
      return undefined
    }
  }
}
