import { CancelScope, isCancelled } from '../../src/index.ts'

/** One call of a waiting function, made at once in a scope that it may share with others. */
export interface Caller<T> {
  readonly id: number
  readonly scope: CancelScope
  state: 'asking' | 'got' | 'cancelled' | 'failed'
  value?: T
  error?: unknown
}

/** Makes calls, notes in which order they ended well, and cancels them. */
export class Callers<T> {
  readonly all: Caller<T>[] = []
  /** Ids of those that got something, in the order in which they heard of it. */
  readonly got: number[] = []

  /** Calls each of `fns` in one scope, before it returns. */
  ask(fns: readonly (() => Promise<T>)[], scope: CancelScope = new CancelScope()): Caller<T>[] {
    const callers = fns.map((_, i): Caller<T> => {
      return { id: this.all.length + i, scope, state: 'asking' }
    })
    this.all.push(...callers)
    void scope.run(() => Promise.all(callers.map((caller, i) => this.#call(caller, fns[i]))))
    return callers
  }

  async #call(caller: Caller<T>, fn: (() => Promise<T>) | undefined): Promise<void> {
    try {
      if (fn !== undefined) caller.value = await fn()
      caller.state = 'got'
      this.got.push(caller.id)
    } catch (error) {
      caller.error = error
      caller.state = isCancelled(error) ? 'cancelled' : 'failed'
    }
  }
}

/** Lets all that can go on do so. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}
