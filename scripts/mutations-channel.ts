import type { Mutation } from './mutations.ts'

export const channelMutations: readonly Mutation[] = [
  {
    what: 'the one who came last is served first',
    file: 'channel/receiver-queue.ts',
    from: `const receiver = this.first as Waiter<Received<T>> | undefined`,
    to: `let receiver = this.first as Waiter<Received<T>> | undefined
    for (const last of this) receiver = last as unknown as Waiter<Received<T>>`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'a falsy item is taken for none',
    file: 'channel/receiver-queue.ts',
    from: `return receiver !== undefined && wake(receiver, received(item, receiver.data))`,
    to: `return receiver !== undefined && !!item && wake(receiver, received(item, receiver.data))`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'who takes lets no putter in',
    file: 'channel/bounded-buffer.ts',
    from: `if (this.senders.size > 0) this.#admitSenders(this.capacity)`,
    to: `if (this.senders.size > 1) this.#admitSenders(this.capacity)`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'there is room for one more than the capacity',
    file: 'channel/bounded-buffer.ts',
    from: `if (this.buffer.size >= this.capacity) return false`,
    to: `if (this.buffer.size > this.capacity) return false`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'what is handed over is kept, too',
    file: 'channel/bounded-buffer.ts',
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
    from: `    this.#buffer.receivers.end(getRefused)
`,
    to: ``,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'a queue that is closed leaves its putters waiting',
    file: 'channel/queue.ts',
    from: `    this.#buffer.refuseSenders(putRefused)
`,
    to: ``,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'dropping all items ends no join',
    file: 'channel/queue.ts',
    from: `    this.#buffer.receivers.end(getRefused)
    this.#tellJoiners()`,
    to: `    this.#buffer.receivers.end(getRefused)`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'join does not wait for what is in hand',
    file: 'channel/queue.ts',
    from: `return this.#done === this.#buffer.taken && this.size === 0`,
    to: `return this.size === 0`,
    tests: ['channel/queue.test.ts'],
  },
  {
    what: 'taskDone is let in once too often',
    file: 'channel/queue.ts',
    from: `if (this.#done >= this.#buffer.taken)`,
    to: `if (this.#done > this.#buffer.taken)`,
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
    from: `if (this.openSenders === 0) this.receivers`,
    to: `this.receivers`,
    tests: ['channel/open-channel.test.ts'],
  },
  {
    what: 'senders wait for receivers that are gone',
    file: 'channel/channel.ts',
    from: `    this.refuseSenders(broken)
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
    from: `if (this.#granted || receiver === undefined) return`,
    to: `if (receiver === undefined) return`,
    tests: ['channel/watch.test.ts'],
  },
  {
    what: 'select leaves the losers in line',
    file: 'channel/select-state.ts',
    from: `for (const selectCase of this.#cases) selectCase.withdraw()`,
    to: `if (!this.chosen) for (const selectCase of this.#cases) selectCase.withdraw()`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'a cancelled select stays in its lines',
    file: 'channel/select-state.ts',
    from: `for (const selectCase of this.#cases) selectCase.withdraw()`,
    to: `if (this.chosen) for (const selectCase of this.#cases) selectCase.withdraw()`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'nobody serves those behind a loser',
    file: 'channel/select-case.ts',
    from: `    if (this.waits) wakeWithError(waiter, notChosen)
    if (this.#stood) this.#line?.left?.(waiter)`,
    to: `    if (this.waits) wakeWithError(waiter, notChosen)`,
    tests: ['channel/select.test.ts'],
  },
  {
    what: 'select does not wait until a loser has ended',
    file: 'channel/select-state.ts',
    from: `await selectCase.waitUntilEnded()`,
    to: `void selectCase.ended()`,
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
    file: 'kernel/intercept.ts',
    from: `  waiter.line?.remove(waiter)
`,
    to: ``,
    tests: ['channel/select.test.ts'],
  },
]
