import { openPageServer, readPage, type PageServer } from '@corral/web'

export interface DashboardOptions {
  /** What to show: an object that becomes JSON; nothing when there is nothing to show yet. */
  readonly state: () => object | undefined
  /** The port; the usual one when left out, or a free one when that is taken. */
  readonly port?: number | undefined
}

/** The port that a page left open finds the next crawl on. */
const usualPort = 7117

/**
 * Opens a page on loopback that shows a crawl, for this machine only.
 *
 * Cancellation: none; opening takes milliseconds.
 *
 * @throws PageError when the port cannot be had
 * @example
 * await using dashboard = await openDashboard({ state: () => ({ pages: 1 }) })
 * group.spawn(() => dashboard.run())
 */
export function openDashboard(options: DashboardOptions): Promise<PageServer> {
  // As far away from the sources as from what is built.
  const page = readPage(new URL('../../assets/dashboard.html', import.meta.url))
  return openPageServer({ ...options, name: 'dashboard', page, usualPort })
}
