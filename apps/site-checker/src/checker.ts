import type { Jobs } from '@corral/jobs'
import type { CheckProgress, checkSite } from './check-site.ts'
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
  readonly #check: ReturnType<typeof checkSite>

  constructor(config: Config, sites: Sites, jobs: Jobs, check: ReturnType<typeof checkSite>) {
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
    await this.#jobs.removeCron(nameOf(site.id))
    await this.cancel(site)
    await this.#sites.remove(site.id)
  }

  /** Begins a check, unless one is in line or under way: then it is that. */
  async start({ id, owner }: Site): Promise<{ readonly job: string }> {
    const { id: job } = await this.#jobs.add(this.#check, { site: id, owner })
    await this.#sites.checkedBy(id, job)
    return { job }
  }

  async cancel({ job }: Site): Promise<void> {
    if (job !== null) await this.#jobs.cancel(job)
  }

  async running({ job }: Site): Promise<RunningCheck | null> {
    const record = job === null ? undefined : await this.#jobs.get(job)
    if (record === undefined || isOver(record.state)) return null
    return { state: record.state, progress: record.progress as CheckProgress | undefined }
  }
}

const nameOf = (site: string): string => `site ${site}`
const isOver = (state: string): boolean => ['done', 'dead', 'cancelled'].includes(state)
