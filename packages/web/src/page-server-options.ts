import type { Page } from './read-page.ts'

/**
 * What a page may ask for: gets JSON, gives what becomes JSON. A call is a task of the server's `run` and is cancelled
 * when the page goes away.
 */
export type PageCall = (input: unknown) => Promise<unknown>

/** What `openPageServer` serves. */
export interface PageServerOptions {
  /** What the page is called in messages. */
  readonly name: string
  readonly page: Page
  /** What to show: an object that becomes JSON; nothing when there is nothing to show yet. */
  readonly state: () => object | undefined
  /** What the page may ask for, by name. Needs a token. */
  readonly calls?: Readonly<Record<string, PageCall>>
  /** The port; the usual one when left out, or a free one when that is taken. */
  readonly port?: number | undefined
  /** The port that a page left open finds the next program on. */
  readonly usualPort: number
  /** Milliseconds between two updates. */
  readonly interval?: number
  /** Whether the address has a part that nobody can guess: other users of this machine are kept out. */
  readonly token?: boolean
}
