import type { Reading, ResourceRow } from '@corral/inspect/attach'
import type { ReadingWords } from './describe-wait.ts'

/** A resource, and how it changed in the last two minutes. */
export interface ResourceTrend {
  readonly name: string
  readonly type: string
  readonly text: string
  readonly waiting: number
  readonly holders: string
  readonly size: number | undefined
  readonly capacity: number | undefined
  /** How full it was, or how many waited. */
  readonly points: readonly number[]
  /** What is wrong with it: all of it taken while others wait, or it only grows. */
  readonly mark: '' | 'bottleneck' | 'only grows'
}

const mostPoints = 60
const mostResources = 40

/** The resources of a process as they were at each look. */
export class ResourceHistory {
  readonly #trends = new Map<string, ResourceTrend>()

  add({ resources }: Reading, words: ReadingWords): void {
    const seen = new Map<string, ResourceTrend>()
    for (const row of resources) {
      const name = row.name ?? row.type
      const key = `${row.type} ${name}`
      if (seen.has(key)) continue
      const level = row.size ?? row.held ?? row.waiting ?? 0
      const before = this.#trends.get(key)?.points ?? []
      const points = [...before.slice(1 - mostPoints), level]
      seen.set(key, {
        name,
        type: row.type,
        text: levelOf(row),
        waiting: row.waiting ?? 0,
        holders: row.holders
          .slice(0, 3)
          .map((ref) => words.task(ref))
          .join(', '),
        size: row.size,
        capacity: row.capacity,
        points,
        mark: markOf(row, points),
      })
    }
    this.#trends.clear()
    for (const [key, trend] of seen) this.#trends.set(key, trend)
  }

  trends(): ResourceTrend[] {
    return [...this.#trends.values()]
      .toSorted((a, b) => Number(b.mark !== '') - Number(a.mark !== '') || b.waiting - a.waiting)
      .slice(0, mostResources)
  }
}

function levelOf({ held, size, capacity, state }: ResourceRow): string {
  const level = held ?? size
  const told =
    level === undefined ? '' : capacity === undefined ? `${level}` : `${level}/${capacity}`
  return [told, state === undefined || state === 'open' ? '' : state].filter(Boolean).join(' ')
}

function markOf(row: ResourceRow, points: readonly number[]): ResourceTrend['mark'] {
  const { capacity, held, waiting = 0 } = row
  if (capacity !== undefined && held !== undefined && held >= capacity && waiting > 0) {
    return 'bottleneck'
  }
  const grows = points.length >= 5 && points.every((each, i) => each >= (points[i - 1] ?? 0))
  const more = (points.at(-1) ?? 0) - (points[0] ?? 0)
  return row.size !== undefined && grows && more >= 5 ? 'only grows' : ''
}
