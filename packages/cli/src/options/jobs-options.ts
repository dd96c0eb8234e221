import type { OptionTable } from './option.ts'
import { choice, count, duration, file, line, port, type ValueKind } from './value-kind.ts'
import { withoutCredentials } from '../format/without-secrets.ts'

/** Where jobs are: a file of SQLite, or the URL of a server. */
const place: ValueKind<string> = {
  ...file(),
  placeholder: '<file|url>',
  rule: 'a file of SQLite, or a URL of postgres, redis or nats',
  shown: withoutCredentials,
}

/** What every command on jobs can be told. */
export interface JobsSettings {
  readonly jobs: string
  readonly json: boolean
  readonly debug: boolean
  readonly help: boolean
}

export const jobsOptions: OptionTable<JobsSettings> = {
  jobs: {
    takes: place,
    initial: 'jobs.db',
    help: 'a file, or postgres://..., redis://..., nats://...',
  },
  json: { help: 'lines of JSON; without a terminal it is that anyway' },
  debug: { help: 'show the stack of errors' },
  help: { short: 'h', help: 'show this', flagOnly: true },
}

const states = ['blocked', 'ready', 'later', 'running', 'done', 'dead', 'cancelled'] as const

/** Which jobs are meant. */
export interface JobsFilterSettings extends JobsSettings {
  readonly state: (typeof states)[number] | undefined
  readonly queue: string | undefined
  readonly kind: string | undefined
}

export const jobsFilterOptions: OptionTable<JobsFilterSettings> = {
  state: { takes: choice(states), help: 'only those of this state' },
  queue: { takes: line('<name>'), help: 'only those of this queue' },
  kind: { takes: line('<name>'), help: 'only those with this handler' },
  ...jobsOptions,
}

export interface JobsListSettings extends JobsFilterSettings {
  readonly limit: number
}

export const jobsListOptions: OptionTable<JobsListSettings> = {
  limit: { takes: count(1), initial: '100', help: 'how many, the newest first' },
  ...jobsFilterOptions,
}

export interface JobsWebSettings extends JobsSettings {
  readonly port: number | undefined
}

export const jobsWebOptions: OptionTable<JobsWebSettings> = {
  port: { takes: port, help: 'to serve the page on; 7118, or a free one, when left out' },
  ...jobsOptions,
}

export interface JobsWorkSettings extends JobsSettings {
  readonly concurrency: number | undefined
  readonly grace: number | undefined
}

export const jobsWorkOptions: OptionTable<JobsWorkSettings> = {
  concurrency: { takes: count(1), help: 'how many jobs run at the same time' },
  grace: { takes: duration(), help: 'how long running jobs may take to end after Ctrl-C' },
  ...jobsOptions,
}
