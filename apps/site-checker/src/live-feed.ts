import { conflate, Room, websocket } from '@corral/ws'
import type { WebSocketAcceptor } from '@corral/ws'
import { JobsError } from '@corral/jobs'
import type { JobHandle, Jobs } from '@corral/jobs'
import { exponential, retry, taskGroup, TaskMap } from 'corral'
import { runningCheck } from './checker.ts'
import type { CheckInput, CheckProgress } from './check-site.ts'
import type { Login } from './login.ts'
import type { Sites } from './sites.ts'

/** What is told of a site as it happens. */
export interface SiteNews {
  readonly site: string
  /** Of the job: `running`, `done` and so on. */
  readonly state: string
  readonly progress?: CheckProgress | undefined
}

/** News for those who look: a room for each user that has somebody in it. Who reads slowly gets the newest of each site. */
export class LiveFeed {
  readonly acceptor: WebSocketAcceptor<string, string>
  readonly #rooms = new Map<string, Room<SiteNews>>()

  constructor(login: Login) {
    this.acceptor = websocket(
      async (socket) => {
        using _seat = this.#room(socket.user).join(socket)
        for await (const _ of socket); // nothing is expected: it waits for the end
      },
      {
        authorize: () => login.user,
        maxMessageBytes: 1024,
        messagesPerSecond: 5,
        maxConnectionsPerKey: 2000,
        drainSpread: 2000,
      },
    )
  }

  /**
   * Tells of checks as they go on, whichever process does them. Where the store does not answer it begins again.
   *
   * Cancellation: ends it.
   */
  async follow(jobs: Jobs, sites: Sites): Promise<void> {
    await taskGroup(async (group) => {
      const followed = new TaskMap<string>(group)
      await persistently(async () => {
        for await (const _ of jobs.watch()) {
          for (const state of ['ready', 'running', 'later'] as const) {
            for (const { id, input } of await jobs.list({ kind: 'check', state })) {
              const { site } = input as CheckInput
              const follow = (): Promise<void> => this.#followJob(jobs.handle(id), site, sites)
              followed.spawn(id, () => persistently(follow), { name: `follow check ${id}` })
            }
          }
        }
      })
    })
  }

  async #followJob(job: JobHandle, id: string, sites: Sites): Promise<void> {
    const site = await sites.find(id)
    if (site === undefined) return
    for await (const info of job.watch()) {
      const { state } = info
      this.#tell(site.owner, { site: id, state, progress: runningCheck(info)?.progress })
    }
  }

  /** Tells whoever of the user looks. */
  #tell(user: string, news: SiteNews): void {
    const room = this.#rooms.get(user)
    if (room === undefined) return
    if (room.size === 0) {
      this.#rooms.delete(user)
      room.close()
    } else {
      room.send(news)
    }
  }

  #room(user: string): Room<SiteNews> {
    let room = this.#rooms.get(user)
    if (room === undefined) {
      const slow = conflate<SiteNews>(({ site }) => site)
      room = new Room({ name: `user ${user}`, slow })
      this.#rooms.set(user, room)
    }
    return room
  }
}

/** Again and again while the store does not answer; a job that is gone is not followed any more. */
async function persistently(follow: () => Promise<void>): Promise<void> {
  try {
    await retry(follow, {
      attempts: Infinity,
      backoff: exponential({ base: 100, max: 5000 }),
      shouldRetry: (error) => !isGone(error),
      onRetry: (error) => console.error('site-checker: checks cannot be followed:', error),
    })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof JobsError && error.code === 'UNKNOWN_JOB'
