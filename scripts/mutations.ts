/** One way to break the core, and the tests that are to notice. */
export interface Mutation {
  readonly what: string
  /** Below packages/core/src. */
  readonly file: string
  /** Stands there once. */
  readonly from: string
  readonly to: string
  /** Below packages/core/test. */
  readonly tests: readonly string[]
}

export const mutations: readonly Mutation[] = [
  {
    what: 'a granted waiter stays in its line',
    file: 'kernel/suspend.ts',
    from: `  waiter.state = 'granted'
  unlinkFromScope(waiter)
  waiter.line?.remove(waiter)`,
    to: `  waiter.state = 'granted'
  unlinkFromScope(waiter)`,
    tests: ['scope/future.test.ts', 'sync'],
  },
  {
    what: 'a waiter can be granted twice',
    file: 'kernel/suspend.ts',
    from: `if (waiter.state !== 'waiting') return false`,
    to: `if (waiter.state === 'new') return false`,
    tests: ['kernel'],
  },
  {
    what: 'a wait in a cancelled scope is let in',
    file: 'kernel/suspend.ts',
    from: `if (scope.cancelledBy !== undefined && !waiter.shielded) return`,
    to: `if (scope.cancelledBy !== undefined && waiter.shielded) return`,
    tests: ['scope'],
  },
  {
    what: 'the runtime has no share of ready calls',
    file: 'kernel/settle.ts',
    from: `    remaining = 0
    return false`,
    to: `    return true`,
    tests: ['scope/run.test.ts'],
  },
  {
    what: 'a cancellation drops the shield',
    file: 'kernel/cancellation.ts',
    from: `const inherited = scope.shield ? undefined : scope.parent?.cancelledBy`,
    to: `const inherited = scope.parent?.cancelledBy`,
    tests: ['scope'],
  },
  {
    what: 'an inner cancelled scope counts before the outer one',
    file: 'kernel/cancellation.ts',
    from: `inherited ?? (scope.cancelCalled ? scope : undefined)`,
    to: `scope.cancelCalled ? scope : inherited`,
    tests: ['scope'],
  },
  {
    what: 'the last reason of a cancellation wins',
    file: 'kernel/cancellation.ts',
    from: `if (node.cancelCalled || node.closed) return`,
    to: `if (node.closed) return`,
    tests: ['scope'],
  },
  {
    what: 'a new scope does not ask whether it is born cancelled',
    file: 'kernel/scope-tree.ts',
    from: `if (parent.cancelledBy !== undefined || node.cancelCalled) propagateCancellation(node)`,
    to: `if (node.cancelCalled) propagateCancellation(node)`,
    tests: ['scope'],
  },
  {
    what: 'a timer outlives its scope',
    file: 'kernel/scope-tree.ts',
    from: `    node.runtime.clock.remove(node.deadlineTimer)
    node.deadlineTimer = undefined
  }
  if (node.firstWaiter`,
    to: `    node.deadlineTimer = undefined
  }
  if (node.firstWaiter`,
    tests: ['scope', 'testing'],
  },
  {
    what: 'a cancelled waiter stays in its line',
    file: 'kernel/cancellation.ts',
    from: `      waiter.line?.remove(waiter)
`,
    to: '',
    tests: ['sync', 'channel', 'scope'],
  },
  {
    what: 'nobody is served when a waiter gives up',
    file: 'kernel/cancellation.ts',
    from: `    waiter.line?.left?.(waiter)
`,
    to: '',
    tests: ['sync', 'channel'],
  },
  {
    what: 'a shielded wait is cancelled',
    file: 'kernel/cancellation.ts',
    from: `if (!waiter.shielded) {`,
    to: `if (waiter.state === 'waiting') {`,
    tests: ['scope', 'sync'],
  },
  {
    what: 'a line serves the newest first',
    file: 'kernel/wait-queue.ts',
    from: `  get first(): Waiter<T> | undefined {
    return this.#first`,
    to: `  get first(): Waiter<T> | undefined {
    return this.#last`,
    tests: ['sync', 'kernel'],
  },
  {
    what: 'timers that are due together ring in any order',
    file: 'kernel/clock.ts',
    from: `a.at < b.at || (a.at === b.at && a.order < b.order)`,
    to: `a.at <= b.at`,
    tests: ['kernel', 'scope/timeout.test.ts'],
  },
  {
    what: 'the clock is not set again after it rang',
    file: 'kernel/clock.ts',
    from: `      this.ring(timer)
    }
    this.#source.arm(this.next, this.#fire)`,
    to: `      this.ring(timer)
    }`,
    tests: ['kernel'],
  },
  {
    what: 'a foreign AbortError is no cancellation',
    file: 'scope/foreign-cancellation.ts',
    from: `    if (error.name === 'AbortError') return true
`,
    to: ``,
    tests: ['scope'],
  },
  {
    what: 'a scope absorbs the cancellation of another',
    file: 'scope/scoped.ts',
    from: `if (node.cancelledBy === node && isCancellation(error)) absorbed = true`,
    to: `if (isCancellation(error)) absorbed = true`,
    tests: ['scope'],
  },
  {
    what: 'a failure does not cancel the group',
    file: 'scope/nursery.ts',
    from: `      cancelScope(this.scope, error)
`,
    to: '',
    tests: ['scope'],
  },
  {
    what: 'the last failure is thrown in place of the first',
    file: 'scope/nursery.ts',
    from: `      ;(this.#later ??= []).push(error)`,
    to: `      this.failure = error`,
    tests: ['scope'],
  },
  {
    what: 'a group ends while its tasks live',
    file: 'scope/nursery.ts',
    from: `while (this.live > 0) await suspend(this.#joiner(true))`,
    to: `void suspend`,
    tests: ['scope'],
  },
  {
    what: 'a failing group takes new tasks',
    file: 'scope/nursery.ts',
    from: `    if (this.failed) {`,
    to: `    if (this.failed && this.closed) {`,
    tests: ['scope'],
  },
  {
    what: 'a task ends without waiting for its children',
    file: 'scope/task-node.ts',
    from: `if (nursery === undefined || nursery.live === 0) this.end()`,
    to: `if (nursery === undefined || nursery.live >= 0) this.end()`,
    tests: ['scope'],
  },
  {
    what: 'an error at the root is lost',
    file: 'scope/task-node.ts',
    from: `this.rejection = Promise.reject(this.error)`,
    to: `void this.rejection`,
    tests: ['scope'],
  },
  {
    what: 'a timeout that expired is thrown though the work was cancelled from outside',
    file: 'scope/scoped.ts',
    from: `if (limit === undefined || !node.caught || !node.expired) return ended(value, node)`,
    to: `if (limit === undefined || node.cancelledBy === undefined) return ended(value, node)`,
    tests: ['scope'],
  },
  {
    what: 'a started task stays with the one who started it',
    file: 'scope/start.ts',
    from: `    group.adopt(task)
`,
    to: '    group.hold()',
    tests: ['scope/start.test.ts'],
  },
  {
    what: 'the program ends and leaves its tasks running',
    file: 'scope/run.ts',
    from: `nurseryOf(scope).cancelChildren('main has returned')`,
    to: `void nurseryOf`,
    tests: ['scope/run.test.ts', 'scope/edges.test.ts'],
  },
  {
    what: 'a task does not wait for a group that its body forgot',
    file: 'scope/task-node.ts',
    from: `if (forgetful.cancelForgotten()) return`,
    to: `forgetful.cancelForgotten()`,
    tests: ['scope/edges.test.ts'],
  },
  {
    what: 'tasks that end one after the other end inside each other',
    file: 'scope/task-node.ts',
    from: `  if (draining) return\n`,
    to: ``,
    tests: ['scope/edges.test.ts'],
  },
  {
    what: 'who joins a group may not be cancelled',
    file: 'scope/nursery.ts',
    from: `suspend(this.#joiner(false), scope)`,
    to: `suspend(this.#joiner(true), scope)`,
    tests: ['scope/edges.test.ts'],
  },
  {
    what: 'a scope ends before the tasks that were started in it',
    file: 'scope/scoped.ts',
    from: `await nurseryOf(node).end()`,
    to: `nurseryOf(node).finish()`,
    tests: ['scope'],
  },
  {
    what: 'a scope leaves what was forgotten in it running',
    file: 'scope/nursery.ts',
    from: `while (this.live > 0 || this.cancelForgotten())`,
    to: `while (this.live > 0)`,
    tests: ['scope/edges.test.ts'],
  },
  {
    what: 'a task that comes in the turn in which a group ends is cancelled',
    file: 'scope/nursery.ts',
    from: `while (this.live > 0 || this.cancelForgotten())`,
    to: `while (this.cancelForgotten())`,
    tests: ['scope/edges.test.ts'],
  },
  {
    what: 'a scope does not wait for the body of what was forgotten in it',
    file: 'scope/nursery.ts',
    from: `onceClosed(scope, () => this.release())`,
    to: `this.release()`,
    tests: ['scope/edges.test.ts'],
  },
  {
    what: 'a shield that was forgotten is cancelled',
    file: 'scope/nursery.ts',
    from: `if (!child.shield) cancelScope`,
    to: `cancelScope`,
    tests: ['scope/edges.test.ts'],
  },
  {
    what: 'who is told at the end of a task is told what was given back meanwhile',
    file: 'kernel/scope-tree.ts',
    from: `held !== undefined; held = scope.firstResource`,
    to: `held !== undefined; held = held.nextResource`,
    tests: ['kernel/scope-tree.test.ts'],
  },
  {
    what: 'what a body returns is awaited outside of its scope',
    file: 'scope/scoped.ts',
    from: `return isForeign(result) ? runInScope(scope, follow<T>, result) : result`,
    to: `return result`,
    tests: ['scope'],
  },
  {
    what: 'a program is cancelled as soon as it is asked to stop',
    file: 'scope/program.ts',
    from: `if (this.#grace === 0) cancelScope(scope, reason)`,
    to: `if (this.#grace >= 0) cancelScope(scope, reason)`,
    tests: ['scope/run.test.ts'],
  },
  {
    what: 'the grace never ends',
    file: 'scope/program.ts',
    from: `else if (!scope.closed) setDeadline(`,
    to: `else if (scope.closed) setDeadline(`,
    tests: ['scope/run.test.ts'],
  },
  {
    what: 'a supervisor restarts without end',
    file: 'scope/restarts.ts',
    from: `if (this.#times.length >= this.#attempts) return false`,
    to: `if (this.#times.length < 0) return false`,
    tests: ['scope/supervisor.test.ts'],
  },
  {
    what: 'a callback runs after its group has failed',
    file: 'scope/task-group.ts',
    from: `if (!nursery.closed && !nursery.failed) {`,
    to: `if (!nursery.closed) {`,
    tests: ['scope/task-group.test.ts'],
  },
  {
    what: 'a living holder does not keep a knot from being reported',
    file: 'diagnostics/knots.ts',
    from: `    for (const waiter of waiting.get(task.id) ?? []) live(waiter)
`,
    to: '',
    tests: ['diagnostics'],
  },
  {
    what: 'a task that swallows its cancellation is taken for one that was never cancelled',
    file: 'debug/pitfalls.ts',
    from: `if (task.status === 'fulfilled') swallowed(`,
    to: `if (task.status === 'cancelled') swallowed(`,
    tests: ['debug'],
  },
  {
    what: 'a cancellation inside the task is taken for one that it swallowed',
    file: 'debug/pitfalls.ts',
    from: `if (at === scope.cancelledBy || isTaskScope(at)) return`,
    to: `if (isTaskScope(at)) return`,
    tests: ['debug'],
  },
  {
    what: 'a callback in a part of its task that has ended is taken for one without a task',
    file: 'kernel/current.ts',
    from: `  if (scope !== undefined) return scope
  if (observed) reportOutlived()`,
    to: `  if (observed) reportOutlived()
  if (scope !== undefined) return scope`,
    tests: ['debug'],
  },
  {
    what: 'a step counts from before the event loop turned',
    file: 'debug/slow-steps.ts',
    from: `    since = undefined
`,
    to: ``,
    tests: ['debug'],
  },
  {
    what: 'a finished task is still a context',
    file: 'kernel/current.ts',
    from: `while (scope !== undefined && scope.closed) scope = scope.parent`,
    to: ``,
    tests: ['scope'],
  },
]
