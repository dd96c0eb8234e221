import type { Mutation } from './mutations.ts'

export const flowMutations: readonly Mutation[] = [
  [
    'SingleFlight: every call flies',
    'flow/single-flight.ts',
    `(this.#flights.get(key) ?? this.#begin(key, fn))`,
    `this.#begin(key, fn)`,
  ],
  [
    'SingleFlight: passengers are not told',
    'flow/single-flight.ts',
    `if (task.state === 'fulfilled') wake(waiter, task.value as V)`,
    `if (task.state === 'fulfilled') line.remove(waiter)`,
  ],
  [
    'SingleFlight: a flight that has landed stays',
    'flow/single-flight.ts',
    `    const task = this.#owner.spawn('SingleFlight', fn, (task) => {\n      this.#end(key, flight)`,
    `    const task = this.#owner.spawn('SingleFlight', fn, (task) => {`,
  ],
  [
    'Batcher: a batch is never full',
    'flow/batcher.ts',
    `if (batch.places.size >= this.#maxSize) this.#close(batch)`,
    `void this.#maxSize`,
  ],
  [
    'Batcher: answers are mixed up',
    'flow/batcher.ts',
    `const value = task.value?.[(waiter.data as Place).index]`,
    `const value = task.value?.at(-1 - (waiter.data as Place).index)`,
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
    `(this.#idle.size > 0 || this.#size < max)`,
    `(this.#idle.size > 0 || this.#size <= max)`,
  ],
  [
    'Pool: what comes back serves nobody',
    'flow/pool.ts',
    `    else wake(first, this.#lend(resource, first.scope as ScopeNode))`,
    `    else this.#idle.push(resource)`,
  ],
  [
    'Pool: what is destroyed is still counted',
    'flow/pool.ts',
    `    this.#size -= 1\n    this.#prepare()`,
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
    `if (this.#size > 0) await suspend(new Waiter('Pool.drain', this, this.#drainers))`,
    `if (this.#size < 0) await suspend(new Waiter('Pool.drain', this, this.#drainers))`,
  ],
]
