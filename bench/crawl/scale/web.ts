/** Hosts of about one size, and what is known of their pages. */
export interface HostClass {
  /** Pages of one of them. */
  readonly size: number
  readonly hosts: number
  /** Those of which a page is known; of all: URLs that are known, pages that were fetched. */
  found: number
  known: number
  fetched: number
}

export interface WebOptions {
  readonly pages: number
  readonly hosts: number
  /** Pages of the largest host. */
  readonly largest: number
}

/**
 * A web whose hosts have sizes by a power law: so many times as large, so many times as rare. The exponent is what makes the numbers
 * of pages and hosts come true.
 */
export function makeWeb({ pages, hosts, largest }: WebOptions): {
  readonly classes: HostClass[]
  readonly exponent: number
} {
  const sizes = Array.from({ length: Math.floor(Math.log2(largest)) + 1 }, (_, k) => 2 ** k)
  const meanOf = (exponent: number): number => {
    const weights = sizes.map((size) => size ** -exponent)
    const all = weights.reduce((sum, weight) => sum + weight, 0)
    return sizes.reduce((sum, size, k) => sum + (size * (weights[k] ?? 0)) / all, 0)
  }
  let [low, high] = [0, 4]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (meanOf(middle) > pages / hosts) low = middle
    else high = middle
  }
  const weights = sizes.map((size) => size ** -low)
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const classes = sizes.map((size, k) => ({
    size,
    hosts: (hosts * (weights[k] ?? 0)) / all,
    found: 0,
    known: 0,
    fetched: 0,
  }))
  return { classes, exponent: low }
}
