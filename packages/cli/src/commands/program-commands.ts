import type { Command } from './command.ts'

/** The commands of the program, by name. */
export const programCommands: ReadonlyMap<string, Command> = new Map([
  [
    'crawl',
    {
      about: 'fetch pages, follow their links, store everything',
      load: async () => (await import('./crawl-command.ts')).crawlCommand,
    },
  ],
  [
    'jobs',
    {
      about: 'list, show, retry, cancel, pause and work on background jobs',
      load: async () => (await import('./jobs-command.ts')).jobsCommand,
    },
  ],
  [
    'demo',
    {
      about: 'crawl a small site that is served here, on loopback',
      load: async () => (await import('./demo-command.ts')).demoCommand,
    },
  ],
  [
    'ps',
    {
      about: 'show the tasks of a running process, and what they wait for',
      load: async () => (await import('./ps-command.ts')).psCommand,
    },
  ],
  [
    'top',
    {
      about: 'show which tasks of a running process compute, and what waits',
      load: async () => (await import('./top-command.ts')).topCommand,
    },
  ],
  [
    'dashboard',
    {
      about: 'show a running process in a browser, on loopback',
      load: async () => (await import('./dashboard-command.ts')).dashboardCommand,
    },
  ],
  [
    'record',
    {
      about: 'record what the tasks of a running process do, for Perfetto',
      load: async () => (await import('./record-command.ts')).recordCommand,
    },
  ],
  [
    'profile',
    {
      about: 'show where a running process spends its time, by task and function',
      load: async () => (await import('./profile-command.ts')).profileCommand,
    },
  ],
  [
    'detach',
    {
      about: 'close the inspector of a process, if one was left open',
      load: async () => (await import('./detach-command.ts')).detachCommand,
    },
  ],
  [
    'completion',
    {
      about: 'print what makes bash, zsh or fish complete commands and options',
      load: async () => (await import('./completion-command.ts')).completionCommand,
    },
  ],
])
