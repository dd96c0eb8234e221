import type { Mutation } from './mutations.ts'

export const channelMutations: readonly Mutation[] = [
  [
    'Queue: more than fit',
    'channel/bounded-buffer.ts',
    `if (this.buffer.size >= this.capacity) return false`,
    `if (this.buffer.size > this.capacity) return false`,
  ],
  [
    'Queue: who waits to put is not let in',
    'channel/bounded-buffer.ts',
    `    if (this.senders.size > 0) this.#admitSenders(this.capacity)\n`,
    ``,
  ],
  [
    'Queue: an item is handed over and kept',
    'channel/bounded-buffer.ts',
    `      this.taken += 1\n      return true\n    }`,
    `      this.taken += 1\n    }`,
  ],
  [
    'Queue: who is let in is not woken',
    'channel/bounded-buffer.ts',
    `        wake(sender, undefined)\n      } catch`,
    `        this.senders.remove(sender)\n      } catch`,
  ],
  [
    'Queue: what a waiting giver brought is lost',
    'channel/bounded-buffer.ts',
    `        this.buffer.push(sender.data as T)\n`,
    `        void sender.data\n`,
  ],
  [
    'Queue: the giver at a rendezvous is not woken',
    'channel/bounded-buffer.ts',
    `        wake(sender, undefined)\n      } catch`,
    `        if (this.capacity > 0) wake(sender, undefined)\n        else this.senders.remove(sender)\n      } catch`,
  ],
  [
    'Queue: close leaves readers waiting',
    'channel/queue.ts',
    `    this.#buffer.receivers.end(getRefused)\n`,
    ``,
  ],
  [
    'Queue: close leaves writers waiting',
    'channel/queue.ts',
    `    this.#buffer.refuseSenders(putRefused)\n`,
    ``,
  ],
  [
    'Queue: join does not count what is taken',
    'channel/queue.ts',
    `return this.#done === this.#buffer.taken && this.size === 0`,
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
    `if (this.openSenders === 0) this.receivers.end(ended)`,
    `void ended`,
  ],
  [
    'channel: senders wait for receivers that are gone',
    'channel/channel.ts',
    `    this.refuseSenders(broken)\n`,
    ``,
  ],
  [
    'select: the losers stay in line',
    'channel/select-state.ts',
    `for (const selectCase of this.#cases) selectCase.withdraw()`,
    `if (!this.chosen) for (const selectCase of this.#cases) selectCase.withdraw()`,
  ],
  [
    'select: cancelled, its cases stay in line',
    'channel/select-state.ts',
    `for (const selectCase of this.#cases) selectCase.withdraw()`,
    `if (this.chosen) for (const selectCase of this.#cases) selectCase.withdraw()`,
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
    `return this.#seen < this.#state.version ? 1 : 0`,
    `return this.#seen < this.#state.version - 1 ? 1 : 0`,
  ],
]
