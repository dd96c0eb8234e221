import { printable } from '../printable.ts'
import type { StuckReport, StuckTask } from './find-stuck.ts'

/** A report as a line of text, as it is printed unless somebody takes it. */
export function describeStuck(report: StuckReport): string {
  const { why, certain, name, count, tasks, longest } = report
  if (why === 'grows') return `corral: grows: ${printable(name)} holds ${count} and only grows`
  const [first] = tasks as readonly [StuckTask]
  if (why === 'knot') {
    const circle = [...tasks, first].map(({ name }) => printable(name))
    const links = tasks.map((task, i) => `${call(task)} (held by ${circle[i + 1]})`)
    const what = certain ? 'stuck for good' : 'perhaps stuck for good'
    return `corral: ${what}: ${circle[0]} → ${links.join(' → ')}`
  }
  const who = count === 1 ? printable(first.name) : `${printable(name)} ×${count}`
  const held =
    first.heldBy.length === 0 ? '' : `, held by ${first.heldBy.map(printable).join(', ')}`
  const longer = count === 1 ? '' : 'longest '
  return `corral: waits: ${who}: ${call(first)}, ${longer}${seconds(longest)}${held}`
}

function call({ kind, resource }: StuckTask): string {
  return resource === undefined ? kind : `${kind} ${printable(resource)}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
