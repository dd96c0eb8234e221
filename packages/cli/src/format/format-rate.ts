import { formatCount } from './format-count.ts'

/** Pages per second, with a decimal where it matters: `0.4/s`, `312/s`. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond))}/s`
}
