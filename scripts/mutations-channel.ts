import type { Mutation } from './mutations.ts'

export const channelMutations: readonly Mutation[] = [
  {
    what: 'the one who came last is served first',
    file: 'channel/taker-line.ts',
    from: `const taker = this.first as Waiter<Taken<T>> | undefined`,
    to: `let taker = this.first as Waiter<Taken<T>> | undefined
    for (const last of this) taker = last as unknown as Waiter<Taken<T>>`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'a falsy item is taken for none',
    file: 'channel/taker-line.ts',
    from: `return taker !== undefined && wake(taker, taken(item, taker.data))`,
    to: `return taker !== undefined && !!item && wake(taker, taken(item, taker.data))`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'who takes lets no putter in',
    file: 'channel/exchange.ts',
    from: `if (this.givers.size > 0) this.#letIn(this.capacity)`,
    to: `if (this.givers.size > 1) this.#letIn(this.capacity)`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'there is room for one more than the capacity',
    file: 'channel/exchange.ts',
    from: `if (this.buffer.size >= this.capacity) return false`,
    to: `if (this.buffer.size > this.capacity) return false`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'what is handed over is kept, too',
    file: 'channel/exchange.ts',
    from: `      this.taken += 1
      return true`,
    to: `      this.taken += 1
      this.buffer.push(item)
      return true`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'a queue that is closed leaves its getters waiting',
    file: 'channel/queue.ts',
    from: `    this.#exchange.takers.end(getRefused)
`,
    to: ``,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'a queue that is closed leaves its putters waiting',
    file: 'channel/queue.ts',
    from: `    this.#exchange.endGivers(putRefused)
`,
    to: ``,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'dropping all items ends no join',
    file: 'channel/queue.ts',
    from: `    this.#exchange.takers.end(getRefused)
    this.#tellJoiners()`,
    to: `    this.#exchange.takers.end(getRefused)`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'join does not wait for what is in hand',
    file: 'channel/queue.ts',
    from: `return this.#done === this.#exchange.taken && this.size === 0`,
    to: `return this.size === 0`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'taskDone is let in once too often',
    file: 'channel/queue.ts',
    from: `if (this.#done >= this.#exchange.taken)`,
    to: `if (this.#done > this.#exchange.taken)`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'a LifoQueue is first in first out',
    file: 'channel/lifo-queue.ts',
    from: `return this.pop()`,
    to: `return super.shift()`,
    tests: ['channel/lifo-queue.test.ts'],
  },
  {
    what: 'equal items of a PriorityQueue leave in any order',
    file: 'channel/priority-queue.ts',
    from: `return order < 0 || (order === 0 && a.order < b.order)`,
    to: `return order < 0`,
    tests: ['channel/priority-queue.test.ts'],
  },
  {
    what: 'an item that compare refused stays',
    file: 'channel/priority-queue.ts',
    from: `    this.#heap.remove(entry)
`,
    to: ``,
    tests: ['channel/priority-queue.test.ts'],
  },
  {
    what: 'closing one handle turns away those on the others',
    file: 'channel/handle-line.ts',
    from: `if (waiter.resource === this.#handle) wakeWithError`,
    to: `wakeWithError`,
    tests: ['channel/open-channel.test.ts'],
  },
  {
    what: 'the first sender that is closed ends the channel',
    file: 'channel/channel.ts',
    from: `if (this.senders === 0) this.takers`,
    to: `this.takers`,
    tests: ['channel/open-channel.test.ts'],
  },
  {
    what: 'senders wait for receivers that are gone',
    file: 'channel/channel.ts',
    from: `    this.endGivers(broken)
`,
    to: ``,
    tests: ['channel/open-channel.test.ts'],
  },
  {
    what: 'a broken channel keeps its items',
    file: 'channel/channel.ts',
    from: `    this.buffer.clear()
`,
    to: ``,
    tests: ['channel/open-channel.test.ts'],
  },
  {
    what: 'a lag is one too few',
    file: 'channel/subscription.ts',
    from: `throw new LaggedError(missed)`,
    to: `throw new LaggedError(missed - 1)`,
    tests: ['channel/broadcast.test.ts'],
  },
  {
    what: 'what all have received is kept',
    file: 'channel/subscription.ts',
    from: `while (kept.at(0)?.unseen === 0) kept.shift()`,
    to: `void kept`,
    tests: ['channel/broadcast.test.ts'],
  },
  {
    what: 'a clone of a subscription is not counted',
    file: 'channel/subscription.ts',
    from: `    this.#count(1)
`,
    to: ``,
    tests: ['channel/broadcast.test.ts'],
  },
  {
    what: 'one burst is told twice',
    file: 'channel/watch-receiver.ts',
    from: `if (this.#granted || taker === undefined) return`,
    to: `if (taker === undefined) return`,
    tests: ['channel/watch.test.ts'],
  },
  {
    what: 'select leaves the losers in line',
    file: 'channel/selection.ts',
    from: `for (const alternative of this.#alternatives) alternative.withdraw()`,
    to: `if (!this.chosen) for (const alternative of this.#alternatives) alternative.withdraw()`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'a cancelled select stays in its lines',
    file: 'channel/selection.ts',
    from: `for (const alternative of this.#alternatives) alternative.withdraw()`,
    to: `if (this.chosen) for (const alternative of this.#alternatives) alternative.withdraw()`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'nobody serves those behind a loser',
    file: 'channel/alternative.ts',
    from: `    if (this.waits) wakeWithError(waiter, notChosen)
    if (this.#stood) this.#line?.left?.(waiter)`,
    to: `    if (this.waits) wakeWithError(waiter, notChosen)`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'select does not wait until a loser has ended',
    file: 'channel/selection.ts',
    from: `await alternative.ended()`,
    to: `void alternative.ended()`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'a fair select is not',
    file: 'channel/select.ts',
    from: `options.fair === true ?`,
    to: `options.fair === undefined ?`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'a walk ends where the next one has left',
    file: 'kernel/wait-queue.ts',
    from: `waiter = gone ? this.#first : next`,
    to: `waiter = gone ? undefined : next`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'a wait that is withdrawn stays in its line',
    file: 'kernel/divert.ts',
    from: `  waiter.line?.remove(waiter)
`,
    to: ``,
    tests: ['channel/select.test.ts'],
  },
]
