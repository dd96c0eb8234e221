import type { OptionTable } from '../options/option.ts'
import { choice, count, duration, file, port } from '../options/value-kind.ts'

/** What every command that looks into a process can be told. */
export interface InspectSettings {
  readonly wait: number
  readonly redact: boolean
  readonly debug: boolean
  readonly help: boolean
}

const shared: OptionTable<InspectSettings> = {
  wait: {
    takes: duration(),
    initial: '10s',
    help: 'how long to wait for a process that is busy in native code',
  },
  redact: { help: 'replace the names of tasks and resources' },
  debug: { help: 'show the stack of errors' },
  help: { short: 'h', help: 'show this', flagOnly: true },
}

export interface PsSettings extends InspectSettings {
  readonly stacks: number
  readonly all: boolean
  readonly json: boolean
}

export const psOptions: OptionTable<PsSettings> = {
  stacks: {
    takes: count(0, 10_000),
    alone: '100',
    initial: '20',
    help: 'how many stacks to take, of those that wait longest',
  },
  all: { help: 'a line for each task, not for each group' },
  json: { help: 'one object of JSON' },
  ...shared,
}

export interface TopSettings extends InspectSettings {
  readonly every: number
  readonly times: number | undefined
  readonly json: boolean
}

export const topOptions: OptionTable<TopSettings> = {
  every: { takes: duration(100), initial: '1s', help: 'how often to look' },
  times: { takes: count(1), help: 'how often before it ends; until Ctrl-C when left out' },
  json: { help: 'an object of JSON each time, one a line' },
  ...shared,
}

export interface ProfileSettings extends InspectSettings {
  readonly seconds: number
  readonly output: string | undefined
}

const seconds = { takes: duration(1), initial: '5s', help: 'how long' } as const
const output = { takes: file(), short: 'o', help: 'where to write it' } as const

export const profileOptions: OptionTable<ProfileSettings> = {
  seconds,
  output: { ...output, help: 'a file for the folded stacks, besides what is shown' },
  ...shared,
}

export interface RecordSettings extends ProfileSettings {
  readonly format: 'perfetto' | 'chrome'
}

export const recordOptions: OptionTable<RecordSettings> = {
  seconds,
  output: { ...output, help: 'the file; corral-PID.pftrace here when left out' },
  format: { takes: choice(['perfetto', 'chrome']), initial: 'perfetto', help: 'of the file' },
  ...shared,
}

export interface DashboardSettings extends InspectSettings {
  readonly port: number | undefined
}

export const dashboardOptions: OptionTable<DashboardSettings> = {
  port: { takes: port, help: 'of the page; 7118, or a free one, when left out' },
  ...shared,
}

export interface DetachSettings {
  readonly debug: boolean
  readonly help: boolean
}

export const detachOptions: OptionTable<DetachSettings> = {
  debug: shared.debug,
  help: shared.help,
}
