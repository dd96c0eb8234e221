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
    from: `flight !== undefined && isWithin(scope, flight.task)`,
    to: `flight !== undefined && scope.closed && isWithin(scope, flight.task)`,
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
]
