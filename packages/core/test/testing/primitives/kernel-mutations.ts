import type { Mutation } from './mutations.ts'

export const kernelMutations: readonly Mutation[] = [
  [
    'a granted waiter stays in its line',
    'kernel/suspend.ts',
    `  waiter.line?.remove(waiter)\n  settle(`,
    `  settle(`,
  ],
  [
    'a wait in a cancelled scope is let in',
    'kernel/suspend.ts',
    `if (scope.cancelledBy !== undefined && !waiter.shielded) return rejectCancelled`,
    `if (scope.cancelledBy !== undefined && waiter.shielded) return rejectCancelled`,
  ],
  ['a wait joins no line', 'kernel/suspend.ts', `waiter.line?.add(waiter)`, `void waiter.line`],
  [
    'an error that is granted gets lost',
    'kernel/suspend.ts',
    `return wake(waiter, rejectViaAsyncFrame(error))`,
    `return rejectViaAsyncFrame(error) !== undefined`,
  ],
  [
    'a cancelled waiter stays in its line',
    'kernel/cancellation.ts',
    `waiter.line?.remove(waiter)`,
    `void waiter.line`,
  ],
  [
    'those behind a cancelled waiter are not served',
    'kernel/cancellation.ts',
    `waiter.line?.left?.(waiter)`,
    `void waiter.line`,
  ],
  [
    'a line is served from its end',
    'kernel/wait-queue.ts',
    `    return this.#first\n  }`,
    `    return this.#last\n  }`,
  ],
  [
    'a line forgets its last when it leaves',
    'kernel/wait-queue.ts',
    `if (next === undefined) this.#last = prev as Waiter<T> | undefined`,
    `if (next === undefined) this.#last = undefined`,
  ],
  [
    'a line forgets its first when the middle leaves',
    'kernel/wait-queue.ts',
    `if (prev === undefined) this.#first = next as Waiter<T> | undefined`,
    `if (prev !== undefined) this.#first = next as Waiter<T> | undefined`,
  ],
  [
    'a line counts no one out',
    'kernel/wait-queue.ts',
    `    this.#size -= 1`,
    `    this.#size -= 0`,
  ],
  [
    'a group ends before its tasks',
    'scope/nursery.ts',
    `while (this.live > 0) await suspend(this.#joiner(true))`,
    `while (this.live > 1) await suspend(this.#joiner(true))`,
  ],
  [
    'the last task of a group tells nobody',
    'scope/nursery.ts',
    `if (this.#joiners !== undefined) wakeAll(this.#joiners, undefined)`,
    `void this.#joiners`,
  ],
  [
    'a failure does not cancel the others',
    'scope/nursery.ts',
    `cancelScope(this.scope, error)`,
    `void error`,
  ],
  [
    'several joiners of a future are not told',
    'scope/future.ts',
    `wakeAll(this.#line, value)`,
    `if (this.#line.size < 2) wakeAll(this.#line, value)`,
  ],
  ['a future tells nobody', 'scope/future.ts', `wakeAll(this.#line, value)`, `void value`],
]
