/** What runs in the main thread at this moment, as it answers itself. */
export interface Capture {
  /** How often it has beaten: whether this is still the turn that was asked about. */
  readonly beats: number
  /** A debugger may be connected: then it may stand at a breakpoint. */
  readonly debugged: boolean
  readonly task: { readonly id: number; readonly name: string } | undefined
  readonly path: readonly string[]
  readonly stack: string
}

interface Scope {
  readonly parent?: Scope
  readonly task?: { readonly id: number; readonly name: string }
}

/**
 * Its source is evaluated in the main thread, in the middle of whatever runs there. So it calls and names nothing
 * outside, runs nothing of the program's, and leaves all as it was.
 */
export function capture(beatsKey: string): Capture {
  const host = globalThis as unknown as Record<symbol, unknown>
  const path: string[] = []
  let task: Capture['task']
  const copies = (host[Symbol.for('corral')] ?? []) as { readonly current: () => Scope }[]
  for (let i = 0; i < copies.length && task === undefined; i++) {
    let last: Scope['task']
    for (let scope = copies[i]?.current(); scope !== undefined; scope = scope.parent) {
      if (scope.task === undefined || scope.task === last) continue
      last = scope.task
      task ??= { id: last.id, name: last.name }
      path.unshift(last.name)
    }
  }
  let stack = ''
  const names = ['prepareStackTrace', 'stackTraceLimit'] as const
  const before = names.map((name) => Object.getOwnPropertyDescriptor(Error, name))
  try {
    // A user's way to write stacks is code of the user's.
    Object.defineProperty(Error, names[0], { value: undefined, writable: true, configurable: true })
    Object.defineProperty(Error, names[1], { value: 50, writable: true, configurable: true })
    stack = (new Error('here').stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at ') && !line.includes('<corral-watchdog>'))
      .join('\n')
  } catch {} // `Error` is frozen
  for (const [i, name] of names.entries()) {
    try {
      if (before[i] === undefined) delete (Error as unknown as Record<string, unknown>)[name]
      else Object.defineProperty(Error, name, before[i])
    } catch {} // it was not changed then
  }
  return {
    beats: (host[Symbol.for(beatsKey)] as { readonly beats: number }).beats,
    debugged: process.getBuiltinModule('node:inspector').url() !== undefined,
    task,
    path,
    stack,
  }
}
