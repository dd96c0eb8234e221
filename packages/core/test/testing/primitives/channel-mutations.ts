import type { Mutation } from './mutations.ts'

export const channelMutations: readonly Mutation[] = [
  [
    'Queue: more than fit',
    'channel/exchange.ts',
    `if (this.buffer.size >= this.capacity) return false`,
    `if (this.buffer.size > this.capacity) return false`,
  ],
  [
    'Queue: who waits to put is not let in',
    'channel/exchange.ts',
    `    if (this.givers.size > 0) this.#letIn()\n`,
    ``,
  ],
  [
    'Queue: an item is handed over and kept',
    'channel/exchange.ts',
    `      this.taken += 1\n      return true\n    }`,
    `      this.taken += 1\n    }`,
  ],
  [
    'Queue: who is let in is not woken',
    'channel/exchange.ts',
    `      wake(giver, undefined)\n    }\n  }`,
    `    }\n  }`,
  ],
  [
    'Queue: what a waiting giver brought is lost',
    'channel/exchange.ts',
    `        this.buffer.push(giver.data as T)\n`,
    `        void giver.data\n`,
  ],
  [
    'Queue: the giver at a rendezvous is not woken',
    'channel/exchange.ts',
    `      wake(giver, undefined)\n      return item`,
    `      this.givers.remove(giver)\n      return item`,
  ],
  [
    'Queue: close leaves readers waiting',
    'channel/queue.ts',
    `    this.#exchange.takers.end(getRefused)\n`,
    ``,
  ],
  [
    'Queue: close leaves writers waiting',
    'channel/queue.ts',
    `    this.#exchange.endGivers(putRefused)\n`,
    ``,
  ],
  [
    'Queue: join does not count what is taken',
    'channel/queue.ts',
    `return this.#done === this.#exchange.taken && this.#exchange.buffer.size === 0`,
    `return this.#exchange.buffer.size === 0`,
  ],
  [
    'Queue: join is not told',
    'channel/queue.ts',
    `    this.#done += 1\n    this.#tellJoiners()`,
    `    this.#done += 1`,
  ],
  [
    'channel: the end is not told to receivers',
    'channel/channel.ts',
    `if (this.senders === 0) this.exchange.takers.end(ended)`,
    `void ended`,
  ],
  [
    'channel: senders wait for receivers that are gone',
    'channel/channel.ts',
    `    this.exchange.endGivers(broken)\n`,
    ``,
  ],
  [
    'select: the losers stay in line',
    'channel/selection.ts',
    `for (const other of others) other.withdraw()`,
    `void others.length`,
  ],
  [
    'select: cancelled, its cases stay in line',
    'channel/selection.ts',
    `    this.#over = true\n    for (const alternative of this.#alternatives) alternative.withdraw()\n  }`,
    `    this.#over = true\n  }`,
  ],
  [
    'Watch: receivers are not told',
    'channel/watch.ts',
    `    for (const receiver of watched.receivers) receiver.changed()\n`,
    ``,
  ],
  [
    'Watch: a change while a reader is late is not seen',
    'channel/watch-receiver.ts',
    `return this.#seen < this.#watched.version ? 1 : 0`,
    `return this.#seen < this.#watched.version - 1 ? 1 : 0`,
  ],
]
