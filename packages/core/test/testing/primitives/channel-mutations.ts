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
    `    if (this.givers.size > 0) this.#letIn(this.capacity)\n`,
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
    `        wake(giver, undefined)\n      } catch`,
    `        this.givers.remove(giver)\n      } catch`,
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
    `        wake(giver, undefined)\n      } catch`,
    `        if (this.capacity > 0) wake(giver, undefined)\n        else this.givers.remove(giver)\n      } catch`,
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
    `return this.#done === this.#exchange.taken && this.size === 0`,
    `return this.size === 0`,
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
    `if (this.senders === 0) this.takers.end(ended)`,
    `void ended`,
  ],
  [
    'channel: senders wait for receivers that are gone',
    'channel/channel.ts',
    `    this.endGivers(broken)\n`,
    ``,
  ],
  [
    'select: the losers stay in line',
    'channel/selection.ts',
    `for (const alternative of this.#alternatives) alternative.withdraw()`,
    `if (!this.chosen) for (const alternative of this.#alternatives) alternative.withdraw()`,
  ],
  [
    'select: cancelled, its cases stay in line',
    'channel/selection.ts',
    `for (const alternative of this.#alternatives) alternative.withdraw()`,
    `if (this.chosen) for (const alternative of this.#alternatives) alternative.withdraw()`,
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
