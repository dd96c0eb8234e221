import type { Mutation } from './mutations.ts'

export const flowMutations: readonly Mutation[] = [
  [
    'SingleFlight: every call flies',
    'flow/single-flight.ts',
    `(flight ?? this.#begin(key, fn))`,
    `this.#begin(key, fn)`,
  ],
  [
    'SingleFlight: passengers are not told',
    'sync/shared-work.ts',
    `if (task.state === 'fulfilled') this.#job.give(waiter, task.value as T)`,
    `if (task.state === 'fulfilled') this.line.remove(waiter)`,
  ],
  [
    'SingleFlight: a flight that has landed stays',
    'sync/shared-work.ts',
    `if (others === undefined) this.#job.over(task)`,
    `if (others !== undefined) this.#job.over(task)`,
  ],
  [
    'Batcher: a batch is never full',
    'flow/batcher.ts',
    `if (places.size >= maxSize) close()`,
    `void maxSize`,
  ],
  [
    'Batcher: answers are mixed up',
    'flow/batcher.ts',
    `const value = values[(waiter.data as Place<K>).index]`,
    `const value = values.at(-1 - (waiter.data as Place<K>).index)`,
  ],
  [
    'Keyed: a key is not left',
    'flow/keyed.ts',
    `if (entry.users === 0) this.#rest(entry)`,
    `void entry`,
  ],
  [
    'Keyed: a key in use is forgotten',
    'flow/keyed.ts',
    `    entry.users += 1\n`,
    `    entry.users = 1\n`,
  ],
  [
    'Pool: more than max',
    'flow/pool.ts',
    `(this.#idle.size > 0 || this.#all.size < max)`,
    `(this.#idle.size > 0 || this.#all.size <= max)`,
  ],
  [
    'Pool: what comes back serves nobody',
    'flow/pool.ts',
    `wake(first, this.#lend(resource, first.scope as ScopeNode))`,
    `this.#idle.push(resource)`,
  ],
  [
    'Pool: what is destroyed is still counted',
    'flow/pool.ts',
    `    this.#all.delete(resource)\n    this.#prepare()`,
    `    this.#prepare()`,
  ],
  [
    'Pool: drain leaves what is idle',
    'flow/pool.ts',
    `for (let resource = this.#idle.shift(); resource; resource = this.#idle.shift()) {`,
    `for (let resource = this.#idle.shift(); resource; resource = undefined) {`,
  ],
  [
    'Pool: drain does not wait',
    'flow/pool.ts',
    `if (this.#all.size > 0) await suspend(new Waiter('Pool.drain', this, this.#drainers))`,
    `if (this.#all.size < 0) await suspend(new Waiter('Pool.drain', this, this.#drainers))`,
  ],
]
