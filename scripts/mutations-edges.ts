import type { Mutation } from './mutations.ts'

/** What callbacks, circles and foreign waits must not break, and what observers are told. */
export const edgeMutations: readonly Mutation[] = [
  {
    what: 'a lock stays broken when the permit is disposed',
    file: 'sync/lock-state.ts',
    from: `    this.#abandoned?.delete(permit)
`,
    to: '',
    tests: ['sync/lock.test.ts', 'sync/rw-lock.test.ts'],
  },
  {
    what: 'a permit of a task that has ended cannot be given back',
    file: 'sync/owned-permit.ts',
    from: `    this.#abandoned = true
`,
    to: `    this.#held = false
`,
    tests: ['sync/lock.test.ts'],
  },
  {
    what: 'a limiter forgets the earlier tokens of a task',
    file: 'sync/capacity-limiter.ts',
    from: `this.#byTask.set(task, before)`,
    to: `this.#byTask.delete(task)`,
    tests: ['sync/capacity-limiter.test.ts'],
  },
  {
    what: 'a limiter gives back a token that was given back',
    file: 'sync/capacity-limiter.ts',
    from: `else if (after !== undefined) after.before = before`,
    to: `else if (after !== undefined) after.before = token`,
    tests: ['sync/capacity-limiter.test.ts'],
  },
  {
    what: 'select waits for a case that it cannot watch',
    file: 'channel/select-case.ts',
    from: `    if (!seen.settled) throw unwatchable(this.key)
`,
    to: '',
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'select refuses a case that took effect and waits elsewhere after it',
    file: 'channel/select-case.ts',
    from: `this.waiter !== undefined || budgetLeft() !== before`,
    to: `this.waiter !== undefined || before === undefined`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'a call that was refused spends an attempt',
    file: 'flow/retry.ts',
    from: `if (!refused) attempt += 1`,
    to: `attempt += 1`,
    tests: ['flow/retry.test.ts'],
  },
  {
    what: 'a flight waits for itself',
    file: 'flow/single-flight.ts',
    from: `flight?.waitsFor(scope) === true`,
    to: `flight?.waitsFor(scope) === undefined && scope.closed`,
    tests: ['flow/single-flight.test.ts'],
  },
  {
    what: 'an onChange that throws replaces the error of the work',
    file: 'flow/circuit-breaker.ts',
    from: `      report(thrown)
`,
    to: `      throw thrown
`,
    tests: ['flow/circuit-breaker.test.ts'],
  },
  {
    what: 'a semaphore says that nobody holds what somebody does',
    file: 'sync/semaphore.ts',
    from: `holdersUnknown: known < this.#held`,
    to: `holdersUnknown: false`,
    tests: ['diagnostics/stats.test.ts'],
  },
  {
    what: 'a cancellation that nobody awaits is an unhandled rejection',
    file: 'scope/handled.ts',
    from: `  if (expected) call.promise?.then(undefined, ignore)`,
    to: '',
    tests: ['scope/handled.test.ts'],
  },
  {
    what: 'a real error that nobody awaits is lost',
    file: 'scope/handled.ts',
    from: `  if (expected) call`,
    to: `  call`,
    tests: ['scope/handled.test.ts'],
  },
  {
    what: 'a cache keeps what was deleted while it was loaded',
    file: 'flow/cache.ts',
    from: `if (task?.state === 'fulfilled' && isCurrent())`,
    to: `if (task?.state === 'fulfilled')`,
    tests: ['flow/cache.test.ts'],
  },
  {
    what: 'a cache drops what was used last',
    file: 'flow/cache.ts',
    from: `      entry.unlink()
      entry.linkBefore(this.#ring)
`,
    to: '',
    tests: ['flow/cache.test.ts'],
  },
  {
    what: 'a cache keeps what is over until somebody asks for it',
    file: 'flow/cache.ts',
    from: `if (entry.goneAt <= now) this.#drop(entry)`,
    to: `if (entry.goneAt < 0) this.#drop(entry)`,
    tests: ['flow/cache.test.ts'],
  },
  {
    what: 'a task begins before the one that it replaces has ended',
    file: 'flow/task-map.ts',
    from: `          await shield(() => before.settled())
`,
    to: '',
    tests: ['flow/task-map.test.ts'],
  },
  {
    what: 'a key stays taken by a task that has ended',
    file: 'flow/task-map.ts',
    from: `if (this.#tasks.get(key) === task) this.#tasks.delete(key)`,
    to: `if (this.#tasks.get(key) !== task) this.#tasks.delete(key)`,
    tests: ['flow/task-map.test.ts'],
  },
  {
    what: 'fromEvent leaves its listeners behind',
    file: 'stream/from-event.ts',
    from: `for (const stop of this.#stops.splice(0)) stop()`,
    to: `this.#stops.splice(0)`,
    tests: ['stream/from-event.test.ts'],
  },
  {
    what: 'a new source begins before the one before it is closed',
    file: 'stream/switch-map.ts',
    from: `      if (latest !== undefined) await stage.wait(line, scope)
`,
    to: '',
    tests: ['stream/recovering.test.ts'],
  },
  {
    what: 'another source is walked before the failed one is closed',
    file: 'stream/catching.ts',
    from: `close: () => failed?.close()`,
    to: `close: () => void failed?.close()`,
    tests: ['stream/recovering.test.ts'],
  },
  {
    what: 'items of one key are worked on at the same time',
    file: 'stream/map-concurrently.ts',
    from: `        return before !== undefined
`,
    to: `        return false
`,
    tests: ['stream/recovering.test.ts'],
  },
  {
    what: 'a reader that replays is given its items twice',
    file: 'stream/share.ts',
    from: `if (this.#latest.size > this.#replay) this.#latest.shift()`,
    to: `if (this.#latest.size > this.#replay + 1) this.#latest.shift()`,
    tests: ['stream/recovering.test.ts'],
  },
  {
    what: 'a lowered limit forgets what was taken',
    file: 'flow/rate-window.ts',
    from: `if (before > 0 && left > 0)`,
    to: `if (before > 0 && left < 0)`,
    tests: ['flow/rate-limiter.test.ts'],
  },
  {
    what: 'shared work is cancelled with its maker though somebody waits',
    file: 'sync/presence-queue.ts',
    from: `if (this.size === 1) this.#changed(true)`,
    to: `if (this.size === 0) this.#changed(true)`,
    tests: ['sync/shared-work.test.ts'],
  },
  {
    what: 'shared work outlives its maker though nobody waits',
    file: 'sync/presence-queue.ts',
    from: `if (this.size === 0) this.#changed(false)`,
    to: `if (this.size < 0) this.#changed(false)`,
    tests: ['sync/shared-work.test.ts', 'sync/once.test.ts'],
  },
  {
    what: 'who waits in another run is told of the end of the first',
    file: 'sync/shared-work.ts',
    from: `return others.size > 0 ? others : undefined`,
    to: `return others.size > 1000 ? others : undefined`,
    tests: ['sync/shared-work.test.ts'],
  },
  {
    what: 'a run waits for what shared objects still do',
    file: 'scope/run.ts',
    from: `if (child === task) nursery.cancelChildren('the run has ended')`,
    to: `if (child === undefined) nursery.cancelChildren('the run has ended')`,
    tests: ['sync/shared-work.test.ts'],
  },
]
