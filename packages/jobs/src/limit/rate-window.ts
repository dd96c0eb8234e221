import type { Rate } from '../store/records.ts'

/** What has begun in the last interval: how many up to each moment, in milliseconds of the store's clock. */
export type RateWindow = readonly (readonly [at: number, count: number])[]

/** An interval is remembered in so many pieces: a rate is up to 0.5 % slower than allowed, and never faster. */
const pieces = 200

/** How many more may begin at `now`, and after how long there is room again when there is none. */
export function roomIn(
  window: RateWindow,
  rate: Rate,
  now: number,
): { readonly room: number; readonly again: number } {
  const counted = living(window, rate, now)
  const room = rate.limit - counted.reduce((sum, [, count]) => sum + count, 0)
  const [first = [now, 0]] = counted
  return room > 0 ? { room, again: 0 } : { room: 0, again: first[0] + rate.interval - now }
}

/** The window after `count` more have begun at `now`. */
export function taken(window: RateWindow, rate: Rate, count: number, now: number): RateWindow {
  const piece = rate.interval / pieces
  const at = Math.ceil(now / piece) * piece
  const kept = living(window, rate, now)
  const last = kept.at(-1)
  if (last === undefined || last[0] !== at) return [...kept, [at, count]]
  return [...kept.slice(0, -1), [at, last[1] + count]]
}

/** What lies in the future was written before the clock was set back. */
function living(window: RateWindow, { interval }: Rate, now: number): RateWindow {
  const latest = now + interval / pieces
  return window.filter(([at]) => at > now - interval && at <= latest)
}
