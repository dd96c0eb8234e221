import type { Command } from './command.ts'

/** What changes jobs, and what that does. */
export const acts = {
  retry: 'make jobs that are dead or cancelled ready again',
  cancel: 'end jobs: at once, or when their cleanup has run',
  pause: 'let no job of a queue begin',
  resume: 'let jobs of a queue begin again',
  redrive: 'make all dead jobs ready again, or those of a queue or kind',
} as const

/** What is done with background jobs: `corral jobs ls`. */
export const jobsCommands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['ls', { about: 'list jobs', load: async () => (await import('./jobs-ls.ts')).jobsLs }],
  [
    'show',
    {
      about: 'all that is known of a job',
      load: async () => (await import('./jobs-show.ts')).jobsShow,
    },
  ],
  ...(['retry', 'cancel', 'pause', 'resume', 'redrive'] as const).map((name) => {
    const load: Command['load'] = async () => (await import('./jobs-act.ts')).jobsAct(name)
    return [name, { about: acts[name], load }] as const
  }),
  [
    'work',
    {
      about: 'work on jobs with the handlers of a module',
      load: async () => (await import('./jobs-work.ts')).jobsWork,
    },
  ],
  [
    'web',
    {
      about: 'serve a page that shows jobs, on loopback',
      load: async () => (await import('./jobs-web.ts')).jobsWeb,
    },
  ],
])
