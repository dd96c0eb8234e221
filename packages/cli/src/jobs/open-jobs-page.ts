import { openPageServer, readPage, type PageCall, type PageServer } from '@corral/web'
import { now, sleep, taskGroup } from 'corral'
import type { JobFilter, JobState, JobStore } from '@corral/jobs'
import { JobsOverview, type JobsState } from './jobs-overview.ts'
import { requireOf } from './open-job-store.ts'

/** The port that a page left open finds the next command on. */
const usualPort = 7118
/** Milliseconds between two looks, and how much longer than a look it must be: looking is not to cost what working needs. */
const interval = 1000
const rest = 20
/** Rows of the list. */
const mostRows = 50

/** A page on jobs. Made by `openJobsPage`. */
export interface JobsPage extends AsyncDisposable {
  readonly url: string
  readonly watching: number
  /** Looks at the jobs and answers the page: the body of a task. */
  run(): Promise<void>
}

/**
 * Opens a page on loopback that shows jobs and acts on them, for who knows its address.
 *
 * Cancellation: none; opening takes milliseconds.
 *
 * @throws PageError when the port cannot be had
 */
export async function openJobsPage(
  store: JobStore,
  where: string,
  port?: number,
): Promise<JobsPage> {
  let state: JobsState | undefined
  const overview = new JobsOverview(store, where)
  const server: PageServer = await openPageServer({
    name: 'jobs',
    page: readPage(new URL('../../assets/jobs.html', import.meta.url)),
    state: () => state,
    calls: callsOf(store),
    port,
    usualPort,
    interval,
    token: true,
  })
  return {
    url: server.url,
    get watching() {
      return server.watching
    },
    run: () =>
      taskGroup(async (group) => {
        group.spawn(() => server.run())
        for (;;) {
          const begun = now()
          // Nobody looks: nothing is asked.
          if (server.watching > 0 || state === undefined) state = await overview.look()
          await sleep(Math.max(interval, rest * (now() - begun)))
        }
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

interface Asked {
  readonly id?: unknown
  readonly queue?: unknown
  readonly state?: unknown
  readonly after?: unknown
}

function callsOf(store: JobStore): Readonly<Record<string, PageCall>> {
  const act = (
    capability: 'browse' | 'cancel' | 'pause',
    call: (asked: Asked) => Promise<unknown>,
  ): PageCall => {
    return async (input) => {
      requireOf(store, capability, 'this')
      return await call(input ?? {})
    }
  }
  return {
    jobs: act('browse', ({ queue, state, after }) => {
      const filter: JobFilter = {
        queue: textOf(queue),
        state: textOf(state) as JobState | undefined,
        after: textOf(after),
        limit: mostRows + 1,
      }
      return store.list(filter)
    }),
    job: act('browse', async ({ id }) => {
      const [job] = await store.list({ ids: [idOf(id)] })
      if (job === undefined) throw new Error(`there is no job ${idOf(id)}; it was removed`)
      return { job, steps: store.capabilities.has('steps') ? await store.steps(job.id) : [] }
    }),
    retry: act('browse', async ({ id }) => ({ retried: await store.retry({ ids: [idOf(id)] }) })),
    redrive: act('browse', async ({ queue }) => {
      return { retried: await store.retry({ queue: idOf(queue), state: 'dead' }) }
    }),
    cancel: act('cancel', async ({ id }) => ({ became: await store.cancel(idOf(id)) })),
    pause: act('pause', ({ queue }) => store.setQueue(idOf(queue), { paused: true })),
    resume: act('pause', ({ queue }) => store.setQueue(idOf(queue), { paused: false })),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What must not be left out: without it all jobs would be meant. */
function idOf(value: unknown): string {
  const text = textOf(value)
  if (text === undefined) throw new Error('the call lacks what it is about')
  return text
}
