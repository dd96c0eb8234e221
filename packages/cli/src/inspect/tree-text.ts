import type { GroupRow, GroupWait, Reading, TaskRow } from '@corral/inspect/attach'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { shorten } from '../format/shorten.ts'
import { ReadingWords } from './describe-wait.ts'
import { mergedWaits } from './merged-waits.ts'
import { spanText } from './span-text.ts'
import { stackText } from './stack-text.ts'

export interface TreeTextOptions {
  /** The stacks that were taken, by task. */
  readonly stacks: ReadonlyMap<number, readonly string[]>
  /** The loop does not turn: there are no stacks of those who wait. */
  readonly blocked: boolean
  /** One line a task, as far as they are listed. */
  readonly all: boolean
  /** The task that computes. */
  readonly running: number | undefined
}

/** A line of the tree: what stands left, what right, and what is below. */
interface Branch {
  readonly left: string
  readonly right: string
  readonly below: Branch[]
}

/** How deep the tree is drawn; what is below is counted. */
const deepest = 20
const longestName = 40

/**
 * The tasks of a reading as a tree, those with one stem below the same parent in one line:
 *
 *   main          waits for TaskGroup.join, 3 h
 *    └ req ×200   Pool.acquire db (5/5 lent), longest 11.2 s, held by req#3
 *       └ req#41  deadline in 0.8 s, at loadOrder orders.ts:31
 */
export function treeText(reading: Reading, options: TreeTextOptions): string[] {
  const words = new ReadingWords(reading)
  const branches = options.all
    ? taskBranches(reading, words, options)
    : groupBranches(reading, words, options)
  const lines: [string, string][] = []
  for (const branch of branches) draw(branch, '', '', lines)
  const width = Math.max(0, ...lines.map(([left]) => left.length))
  return lines.map(([left, right]) => `${left.padEnd(width)}  ${right}`.trimEnd())
}

function draw(start: Branch, first: string, rest: string, lines: [string, string][]): void {
  const left: [Branch, string, string][] = [[start, first, rest]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [branch, lead, below] = next
    lines.push([lead + branch.left, branch.right])
    const { length } = branch.below
    for (const [i, child] of branch.below.entries().toArray().toReversed()) {
      const last = i === length - 1
      left.push([child, `${below}${last ? ' └ ' : ' ├ '}`, `${below}${last ? '   ' : ' │ '}`])
    }
  }
}

function groupBranches(
  reading: Reading,
  words: ReadingWords,
  { stacks, blocked, running: computing }: TreeTextOptions,
): Branch[] {
  const { groups, at } = reading
  const rows = new Map(reading.rows.map((row) => [row.ref, row]))
  const top: Branch[] = []
  const made: { branch: Branch; depth: number }[] = []
  for (const group of groups) {
    const above = made[group.parent]
    const branch: Branch = { ...lineOf(group), below: [] }
    const depth = (above?.depth ?? 0) + 1
    made.push({ branch, depth })
    if (depth <= deepest) (above?.branch.below ?? top).push(branch)
    else if (depth === deepest + 1 && above !== undefined && above.branch.below.length === 0) {
      above.branch.below.push({ left: '… more below', right: '', below: [] })
    }
    branch.below.push(...examplesOf(group))
  }
  return top

  function lineOf(group: GroupRow): { left: string; right: string } {
    const { count, stem, name, pending, running, cancelling } = group
    const single = count === 1
    const left = single ? shown(name) : `${shown(stem)} ×${formatCount(count)}`
    const [first, ...others] = longestFirst(group, reading.resources)
    if (single) return { left, right: rows.get(group.task) ? stateOf(rows.get(group.task)) : '' }
    const parts = []
    if (first !== undefined) {
      const many = others.length > 0 || first.count < count ? `${formatCount(first.count)} in ` : ''
      const age = spanText(at - first.since)
      parts.push(
        `${many}${words.wait(first.kind, first.resource)}, longest ${age}${words.held(first.resource)}`,
      )
      for (const wait of others.slice(0, 2)) {
        parts.push(`${formatCount(wait.count)} in ${words.wait(wait.kind, wait.resource)}`)
      }
      if (others.length > 2) parts.push(`${others.length - 2} more waits`)
    }
    if (running > 0) {
      parts.push(`${formatCount(running)} run or wait for something that is not ours`)
    }
    if (pending > 0) parts.push(`${formatCount(pending)} not yet started`)
    if (cancelling > 0) parts.push(`${formatCount(cancelling)} being cancelled`)
    return { left, right: parts.join('; ') }
  }

  /** The one that has waited longest, of several; and where it stands. */
  function examplesOf(group: GroupRow): Branch[] {
    if (group.count === 1) {
      const at = place(group.task)
      return at === '' ? [] : [{ left: '', right: at, below: [] }]
    }
    return longestFirst(group, reading.resources)
      .slice(0, 2)
      .flatMap(({ task }) => {
        const row = rows.get(task)
        const parts = [deadlineOf(row), place(task)].filter((part) => part !== '')
        if (parts.length === 0) return []
        return [{ left: shown(words.task(task)), right: parts.join(', '), below: [] }]
      })
  }

  function stateOf(row: TaskRow | undefined): string {
    if (row === undefined) return ''
    return row.ref === computing ? 'computes' : taskState(row, at, words)
  }

  function deadlineOf(row: TaskRow | undefined): string {
    return row === undefined ? '' : deadlineText(row, at)
  }

  function place(task: number): string {
    const stack = stacks.get(task)
    if (stack === undefined) {
      return blocked && (rows.get(task)?.waits.length ?? 0) > 0 ? 'stack when free' : ''
    }
    const text = stackText(stack)
    return text === '' ? '' : `at ${text}`
  }
}

/** One line a task. */
function taskBranches(
  { rows, at, tasks }: Reading,
  words: ReadingWords,
  { stacks }: TreeTextOptions,
): Branch[] {
  const top: Branch[] = []
  const made = new Map<number, { branch: Branch; depth: number }>()
  let hidden = 0
  for (const row of rows) {
    const above = row.parent === undefined ? undefined : made.get(row.parent)
    const depth = (above?.depth ?? 0) + 1
    const stack = stackText(stacks.get(row.ref) ?? [])
    const where = stack === '' ? '' : `, at ${stack}`
    const deadline = deadlineText(row, at)
    const right = `${taskState(row, at, words)}${deadline === '' ? '' : `, ${deadline}`}${where}`
    const branch: Branch = { left: shown(words.task(row.ref)), right, below: [] }
    made.set(row.ref, { branch, depth })
    if (depth <= deepest) (above?.branch.below ?? top).push(branch)
    else hidden++
  }
  const more = Math.max(0, tasks - rows.length) + hidden
  if (more > 0) top.push({ left: `… ${formatCount(more)} more`, right: '', below: [] })
  return top
}

function taskState({ status, waits }: TaskRow, at: number, words: ReadingWords): string {
  if (waits.length === 0) {
    if (status === 'running') return 'runs, or waits for something that is not ours'
    return status === 'pending' ? 'not yet started' : 'being cancelled'
  }
  const told = waits.slice(0, 3).map(({ kind, resource, since }) => {
    return `${words.wait(kind, resource)}, ${spanText(at - since)}${words.held(resource)}`
  })
  if (waits.length > 3) told.push(`${waits.length - 3} more`)
  return `${status === 'cancelling' ? 'being cancelled, ' : ''}waits for ${told.join(' and ')}`
}

function deadlineText({ deadline }: TaskRow, at: number): string {
  if (deadline === undefined || deadline === 0) return ''
  return deadline >= at
    ? `deadline in ${spanText(deadline - at)}`
    : `deadline passed ${spanText(at - deadline)} ago`
}

function shown(name: string): string {
  return shorten(printable(name), longestName)
}

function longestFirst({ waits }: GroupRow, resources: Reading['resources']): readonly GroupWait[] {
  return mergedWaits(waits, resources).toSorted((a, b) => b.count - a.count || a.since - b.since)
}
