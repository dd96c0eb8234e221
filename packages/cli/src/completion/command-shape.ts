import { shells } from './shells.ts'
import { jobsCommands } from '../commands/jobs-commands.ts'
import { programCommands } from '../commands/program-commands.ts'
import { storeCommands } from '../commands/store-commands.ts'
import {
  dashboardOptions,
  detachOptions,
  profileOptions,
  psOptions,
  recordOptions,
  topOptions,
} from '../inspect/inspect-options.ts'
import { crawlOptions } from '../options/crawl-options.ts'
import { demoOptions } from '../options/demo-options.ts'
import {
  jobsFilterOptions,
  jobsListOptions,
  jobsOptions,
  jobsWebOptions,
  jobsWorkOptions,
} from '../options/jobs-options.ts'
import { extractOptions } from '../options/extract-options.ts'
import { entriesOf, type AnyOption } from '../options/option.ts'
import { exportOptions, storeOptions } from '../options/store-options.ts'

/** A command as a shell completes it. */
export interface CommandShape {
  /** `['crawl', 'status']` */
  readonly path: readonly string[]
  readonly about: string
  readonly options: readonly (readonly [name: string, option: AnyOption])[]
  /** What may follow besides options; a file where there is nothing else to offer. */
  readonly words: readonly string[] | 'file' | 'nothing'
}

/** Every command of the program, and what it takes. */
export function commandShapes(): CommandShape[] {
  const onStores = [...storeCommands].map(([name, command]): CommandShape => ({
    path: ['crawl', name],
    about: command.about,
    options: ownOptions.get(name) ?? entriesOf(storeOptions),
    words: writesFile.has(name) ? 'file' : 'nothing',
  }))
  return [
    {
      path: ['crawl'],
      about: about('crawl'),
      options: entriesOf(crawlOptions),
      words: [...storeCommands.keys()],
    },
    ...onStores,
    { path: ['jobs'], about: about('jobs'), options: [], words: [...jobsCommands.keys()] },
    ...[...jobsCommands].map(([name, command]): CommandShape => ({
      path: ['jobs', name],
      about: command.about,
      options: jobsEntries.get(name) ?? entriesOf(jobsFilterOptions),
      words: name === 'work' ? 'file' : 'nothing',
    })),
    { path: ['demo'], about: about('demo'), options: entriesOf(demoOptions), words: 'nothing' },
    ...inspecting.map(([name, options]): CommandShape => ({
      path: [name],
      about: about(name),
      options,
      words: 'nothing',
    })),
    { path: ['completion'], about: about('completion'), options: [], words: shells },
  ]
}

const inspecting: readonly [string, CommandShape['options']][] = [
  ['ps', entriesOf(psOptions)],
  ['top', entriesOf(topOptions)],
  ['dashboard', entriesOf(dashboardOptions)],
  ['record', entriesOf(recordOptions)],
  ['profile', entriesOf(profileOptions)],
  ['detach', entriesOf(detachOptions)],
]

function about(name: string): string {
  return programCommands.get(name)?.about ?? ''
}

const ownOptions: ReadonlyMap<string, CommandShape['options']> = new Map([
  ['extract', entriesOf(extractOptions)],
  ['export', entriesOf(exportOptions)],
])

const writesFile: ReadonlySet<string> = new Set(['export', 'report'])

const jobsEntries: ReadonlyMap<string, CommandShape['options']> = new Map([
  ['ls', entriesOf(jobsListOptions)],
  ['show', entriesOf(jobsOptions)],
  ['work', entriesOf(jobsWorkOptions)],
  ['web', entriesOf(jobsWebOptions)],
])
