import type { ScopeNode, Waiter } from 'corral/lowlevel'

/**
 * The stack of what waits in a scope, as core's `probe` takes it: a frame of ours is woken, and the wait goes on where it
 * was. No user code is resumed. Its source is sent to other processes: it names nothing outside.
 */
export function probeStack(scope: ScopeNode): Promise<string | undefined> {
  const turn = Promise.resolve()

  function isTask(node: ScopeNode): boolean {
    return node.task !== undefined && node.task.scope === node
  }

  /** The last wait in the innermost scope that the task has opened; without recursion, scopes may be nested deep. */
  function innermost(start: ScopeNode): Waiter<never> | undefined {
    let found = start.firstWaiter?.scopePrev
    let node: ScopeNode | undefined = start
    while (node !== undefined) {
      let below: ScopeNode | undefined = node.firstChild
      while (below !== undefined && isTask(below)) below = below.next
      if (below?.firstWaiter !== undefined) found = below.firstWaiter.scopePrev
      node = below
    }
    return found
  }

  async function frame<T>(act: () => T | PromiseLike<T>): Promise<T> {
    await turn
    return act()
  }

  const waiter = innermost(scope)
  const resume = waiter?.settle
  if (waiter === undefined || resume === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    let early: { readonly value: never } | undefined
    waiter.settle = (value) => {
      early = { value: value as never }
    }
    resume({
      then: (onFulfilled: (value: never) => unknown, onRejected: (error: unknown) => unknown) =>
        frame<never>(() => {
          resolve(new Error('waiting').stack)
          if (early !== undefined) return early.value
          return new Promise<never>((settle) => {
            waiter.settle = settle
          })
        }).then(onFulfilled, onRejected),
    } as PromiseLike<never>)
  })
}
