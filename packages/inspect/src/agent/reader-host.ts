import type { ScopeNode, Waiter } from 'corral/lowlevel'
import type { GroupTable, GroupTableParts } from './group-table.ts'
import type { Inside } from './inside-of.ts'
import type { nextChildren } from './next-children.ts'
import type { Reading } from './reading.ts'
import type { ResourceTable, ResourceTableParts } from './resource-table.ts'

/** One entry of the registry that each copy of corral keeps. */
export interface Instance {
  readonly protocol: number
  readonly root: ScopeNode
  readonly current: () => ScopeNode
  readonly instrument: (hooks: object) => () => void
}

export interface TreeReaderParts extends GroupTableParts {
  readonly groupTable: (parts: GroupTableParts) => GroupTable
  readonly resourceTable: (parts: ResourceTableParts) => ResourceTable
  readonly cutName: (name: string) => string
  readonly nextChildren: typeof nextChildren
  readonly insideOf: (
    scope: ScopeNode,
    most: number,
    note: (waiter: Waiter<never>) => void,
  ) => Inside
}

/** Reads the task tree in slices. */
export interface TreeReader {
  /** Goes on for about so many milliseconds. False while there is more. */
  step(budget: number): boolean
  result(): Reading
  /** The scope of a task that was seen. */
  scopeOf(ref: number): ScopeNode | undefined
}

/** What a reader asks of the process it is in. */
export interface ReaderHost {
  readonly instances: () => readonly Instance[]
  readonly now: () => number
  /** Resources that have a name for reports, whether anybody waits or not. */
  readonly watched: () => readonly (readonly [name: string, resource: object])[]
}
