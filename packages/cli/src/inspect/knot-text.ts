import { knotsOf, type Reading } from '@corral/inspect/attach'
import { ReadingWords } from './describe-wait.ts'

/** The most that are told. */
const most = 10

/** The circles of a reading: `stuck for good: a → Lock x (held by b) → Lock y (held by a)`. */
export function knotText(reading: Reading): string[] {
  const words = new ReadingWords(reading)
  const rows = new Map(reading.rows.map((row) => [row.ref, row]))
  const knots = knotsOf(reading)
  const lines = knots.slice(0, most).map(({ links, certain }) => {
    const [first] = links
    const steps = links.map(({ task, wait, next }) => {
      const index = task.waits.indexOf(wait)
      const row = rows.get(task.id)?.waits[index]
      const resource = row === undefined ? undefined : words.resourceOf(row.resource)
      const what = resource === undefined ? wait.kind : [resource.type, resource.name].join(' ')
      return `${what.trim()} (held by ${words.task(next.id)})`
    })
    const label = certain ? 'stuck for good' : 'perhaps stuck'
    return `${label}: ${[words.task(first?.task.id ?? 0), ...steps].join(' → ')}`
  })
  if (knots.length > most) lines.push(`… ${knots.length - most} more circles`)
  return lines
}
