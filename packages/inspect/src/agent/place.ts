import type { ScopeNode, TaskRecord } from 'corral/lowlevel'
import type { Group } from './group-table.ts'
import type { TaskRow, WaitRow } from './reading.ts'

/** A task on the way, with what its inner scopes add to it. */
export interface Place {
  readonly ref: number | undefined
  parent: number | undefined
  readonly record: TaskRecord | undefined
  readonly group: Group | undefined
  readonly copy: number
  deadline: number
  waitCount: number
  children: number
  /** Where it is listed, complete once the place is left. */
  row: { -readonly [K in keyof TaskRow]: TaskRow[K] } | undefined
  waits: WaitRow[] | undefined
}

/** A node whose children are being read. */
export interface Frame {
  readonly node: ScopeNode
  /** Those that were listed last. */
  listed: readonly ScopeNode[]
  at: number
  readonly into: Place
  readonly deadline: number
}
