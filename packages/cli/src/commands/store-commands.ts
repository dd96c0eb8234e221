import type { Command } from './command.ts'

/** What works on a store that is there: `corral crawl status`. None of these is a URL, so that none can be meant as one. */
export const storeCommands: ReadonlyMap<string, Command> = new Map([
  [
    'status',
    {
      about: 'how far a crawl is, also while it runs',
      load: async () => (await import('./crawl-status.ts')).crawlStatus,
    },
  ],
  [
    'failures',
    {
      about: 'the URLs that failed, and why',
      load: async () => (await import('./crawl-failures.ts')).crawlFailures,
    },
  ],
  [
    'skipped',
    {
      about: 'the URLs that are not followed, and why',
      load: async () => (await import('./crawl-skipped.ts')).crawlSkipped,
    },
  ],
  [
    'extract',
    {
      about: 'extract again from the bodies that were kept',
      load: async () => (await import('./crawl-extract.ts')).crawlExtract,
    },
  ],
  [
    'export',
    {
      about: 'write pages and failures to a file',
      load: async () => (await import('./crawl-export.ts')).crawlExport,
    },
  ],
  [
    'report',
    {
      about: 'write a report to a file of HTML',
      load: async () => (await import('./crawl-report.ts')).crawlReport,
    },
  ],
  [
    'retry-failed',
    {
      about: 'queue what failed again',
      load: async () => (await import('./crawl-retry-failed.ts')).crawlRetryFailed,
    },
  ],
])
