/** How an agent and its client understand each other; it changes with the records below. */
export const agentProtocol = 1

/** One wait of one task. */
export interface WaitRow {
  /** The call that waits, as `Api.method`. */
  readonly kind: string
  /** The place of what is waited for in `resources`; -1 for none that tells anything. */
  readonly resource: number
  /** Milliseconds since the epoch, by the runtime's clock. */
  readonly since: number
  /** Refs of the tasks that can end it, as far as they are known. */
  readonly heldBy: readonly number[]
  readonly holdersUnknown: boolean
}

/** One task. */
export interface TaskRow {
  /** Its id, and `copy` times `refsPerCopy`: unique in its process. */
  readonly ref: number
  readonly parent: number | undefined
  readonly name: string
  readonly status: string
  /** Milliseconds since the epoch; 0 when it is cancelled, undefined for never. */
  readonly deadline: number | undefined
  /** How many tasks are right below it, listed or not. */
  readonly children: number
  readonly waits: readonly WaitRow[]
}

/** Waits of the tasks of a group that are alike: the same call on the same thing. */
export interface GroupWait {
  readonly kind: string
  readonly resource: number
  readonly count: number
  /** Since when the one that has waited longest does. */
  readonly since: number
  /** Which one that is. */
  readonly task: number
}

/** Tasks with one stem below the same group. */
export interface GroupRow {
  /** Its place in `groups`; -1 at the top. */
  readonly parent: number
  readonly stem: string
  readonly copy: number
  readonly count: number
  /** Those that run, or wait for something that is not ours. */
  readonly running: number
  readonly pending: number
  readonly cancelling: number
  /** The task that was seen first. */
  readonly task: number
  /** Its whole name. */
  readonly name: string
  /** The nearest deadline of any of them. */
  readonly deadline: number | undefined
  readonly waits: readonly GroupWait[]
}

/** Something that is waited for, or held, or watched. */
export interface ResourceRow {
  readonly type: string
  readonly name: string | undefined
  readonly size: number | undefined
  readonly capacity: number | undefined
  readonly held: number | undefined
  readonly waiting: number | undefined
  readonly waitingToPut: number | undefined
  readonly waitingToTake: number | undefined
  readonly state: string | undefined
  readonly holdersUnknown: boolean
  /** Refs of the first holders. */
  readonly holders: readonly number[]
  readonly holderCount: number
}

/** A copy of corral that is loaded, or a test run under way. */
export interface CopyRow {
  readonly protocol: number
  readonly readable: boolean
  readonly tasks: number
}

/** The tasks of a process, read in slices. */
export interface Reading {
  /** Milliseconds since the epoch, by the runtime's clock. */
  readonly at: number
  readonly tasks: number
  readonly copies: readonly CopyRow[]
  readonly groups: readonly GroupRow[]
  readonly resources: readonly ResourceRow[]
  /** The first tasks of the tree, those that are held responsible, and the longest waiters of groups. */
  readonly rows: readonly TaskRow[]
  /** Milliseconds of the target's time, in all and of the longest slice. */
  readonly cost: number
  readonly longestSlice: number
}

/** What the interrupted code was doing. */
export interface Running {
  /** The names of the tasks around it, outermost first; none outside of any task. */
  readonly path: readonly string[]
  readonly task: number | undefined
  /** Lines of a stack, innermost first; none when the loop was idle. */
  readonly stack: readonly string[]
}

/** What a process says of itself. */
export interface Hello {
  readonly protocol: number
  readonly pid: number
  readonly version: string
  readonly runtime: 'node' | 'deno' | 'bun'
  /** The script, without its folder, and the title that it was given, or ''. */
  readonly script: string
  readonly title: string
  /** Seconds. */
  readonly uptime: number
  readonly heapUsed: number
  readonly rss: number
  readonly running: Running
}

/** Refs of the tasks of one copy are its ids and this many times its number. */
export const refsPerCopy = 1e10
