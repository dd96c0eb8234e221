import type { StemRow } from './live-view.ts'

/** Milliseconds over which growth is told. */
const span = 30_000
/** Names that are remembered. */
const most = 1000

/** How many tasks of each stem there were, in the last half minute. */
export class StemHistory {
  readonly #counts = new Map<string, [at: number, count: number][]>()

  add(at: number, rows: readonly StemRow[]): void {
    const now = new Map(rows.map(({ stem, count }) => [stem, count]))
    for (const stem of this.#counts.keys()) {
      if (!now.has(stem)) this.#counts.delete(stem)
    }
    for (const [stem, count] of now) {
      const points = this.#counts.get(stem) ?? []
      if (points.length === 0 && this.#counts.size >= most) continue
      points.push([at, count])
      while ((points[1]?.[0] ?? at) <= at - span) points.shift()
      this.#counts.set(stem, points)
    }
  }

  /** Tasks more than at the beginning, a minute; 0 when they ever became fewer. */
  growth(stem: string): number {
    const points = this.#counts.get(stem) ?? []
    const [first] = points
    const last = points.at(-1)
    if (first === undefined || last === undefined || last[0] <= first[0]) return 0
    const falls = points.some(([, count], i) => count < (points[i - 1]?.[1] ?? 0))
    return falls ? 0 : ((last[1] - first[1]) * 60_000) / (last[0] - first[0])
  }
}
