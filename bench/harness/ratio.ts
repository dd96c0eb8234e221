/** The median of ratios and its 95 % interval by order statistics, which assume nothing of how they are spread. */
export function medianRatio(ratios: readonly number[]): {
  readonly median: number
  readonly low: number
  readonly high: number
} {
  const sorted = ratios.toSorted((a, b) => a - b)
  const n = sorted.length
  const reach = Math.ceil(0.98 * Math.sqrt(n))
  const at = (index: number): number => sorted[Math.max(0, Math.min(n - 1, index))] as number
  return {
    median: (at(Math.floor((n - 1) / 2)) + at(Math.ceil((n - 1) / 2))) / 2,
    low: at(Math.floor(n / 2) - reach),
    high: at(Math.ceil(n / 2) - 1 + reach),
  }
}
