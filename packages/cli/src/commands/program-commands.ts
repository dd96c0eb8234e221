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
    'completion',
    {
      about: 'print what makes bash, zsh or fish complete commands and options',
      load: async () => (await import('./completion-command.ts')).completionCommand,
    },
  ],
])
