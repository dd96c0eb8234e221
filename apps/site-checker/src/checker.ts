import { JobsError } from '@corral/jobs'
import type { Job, JobInfo, Jobs } from '@corral/jobs'
import type { CheckInput, CheckProgress } from './check-site.ts'
import type { Config } from './config.ts'
import type { Site, Sites } from './sites.ts'

/** When a site is checked by itself, in UTC. */
export const schedules = {
  hourly: '0 * * * *',
  nightly: '0 4 * * *',
  weekly: '0 4 * * 1',
} as const

export type Schedule = keyof typeof schedules

/** A check that is in line or under way. */
export interface RunningCheck {
  readonly state: string
  readonly progress: CheckProgress | undefined
}

/** What begins and ends checks; another process may be the one that does them. */
export class Checker {
  readonly #config: Config
  readonly #sites: Sites
  readonly #jobs: Jobs
  readonly #check: Job<CheckInput, void>

  constructor(config: Config, sites: Sites, jobs: Jobs, check: Job<CheckInput, void>) {
    this.#config = config
    this.#sites = sites
    this.#jobs = jobs
    this.#check = check
  }

  async add(site: Omit<Site, 'id' | 'job'>): Promise<Site> {
    const id = await this.#sites.add(site, this.#config.maxSites)
    const { schedule } = site
    if (schedule !== null) {
      const options = { timezone: 'UTC', missed: 'one' } as const
      await this.#jobs.cron(nameOf(id), schedules[schedule], this.#check, { site: id }, options)
    }
    return { ...site, id, job: null }
  }

  async remove(site: Site): Promise<void> {
    await this.#jobs.uncron(nameOf(site.id))
    await this.cancel(site)
    await this.#sites.remove(site.id)
  }

  /** Begins a check, unless one is in line or under way: then it is that. */
  async start({ id }: Site): Promise<{ readonly job: string }> {
    const { id: job } = await this.#jobs.add(this.#check, { site: id })
    await this.#sites.checkedBy(id, job)
    return { job }
  }

  async cancel({ job }: Site): Promise<void> {
    if (job !== null) await this.#jobs.handle(job).cancel()
  }

  async running({ job }: Site): Promise<RunningCheck | null> {
    const info = job === null ? undefined : await this.#find(job)
    return info === undefined ? null : runningCheck(info)
  }

  /** Undefined for a job that ended long ago. */
  async #find(job: string): Promise<JobInfo | undefined> {
    try {
      return await this.#jobs.get(job)
    } catch (error) {
      if (error instanceof JobsError && error.code === 'UNKNOWN_JOB') return undefined
      throw error
    }
  }
}

/** What there is to see of a job that has not ended. */
export function runningCheck({ state, progress }: JobInfo): RunningCheck | null {
  if (state === 'done' || state === 'dead' || state === 'cancelled') return null
  return { state, progress: progress as CheckProgress | undefined }
}

const nameOf = (site: string): string => `site ${site}`
