import type { Jar, Seed, StoredRecord } from './outcome.ts'

/** What the writer thread is asked. */
export type StoreCall =
  | { readonly op: 'open' }
  | { readonly op: 'seed'; readonly urls: readonly (string | Seed)[] }
  | { readonly op: 'seedSitemaps'; readonly urls: readonly string[]; readonly before: number }
  | { readonly op: 'refresh'; readonly before: number }
  | { readonly op: 'commit'; readonly outcomes: string }
  | { readonly op: 'claim'; readonly limit: number; readonly perOrigin: number }
  | { readonly op: 'retryFailed' }
  | { readonly op: 'retryRefused' }
  | {
      readonly op: 'skipped'
      readonly after: number
      readonly limit: number
      readonly reason: string | undefined
    }
  | { readonly op: 'unskip'; readonly ids: readonly number[] }
  | {
      readonly op: 'note'
      readonly judgement: number | undefined
      readonly extraction: number
      readonly at: number
    }
  | { readonly op: 'bodyOf'; readonly id: number }
  | { readonly op: 'keepRecords'; readonly records: readonly StoredRecord[] }
  | { readonly op: 'cookies' }
  | { readonly op: 'keepCookies'; readonly jars: readonly Jar[] }
  | { readonly op: 'redirectsOf'; readonly urls: readonly string[] }
  | { readonly op: 'close' }

/** Errors cross as plain data: a class does not survive the way between threads. */
export interface StoreReply {
  readonly id: number
  readonly result?: unknown
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly stack?: string | undefined
  }
}
