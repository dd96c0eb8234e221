/** A point at which others may go on: a failpoint of corral, or `schedule` of fast-check. */
export type Wait = (label: string) => Promise<void>

/** Runs functions beside each other: `gather` of corral, or `Promise.all`. */
export type Together = (work: Readonly<Record<string, () => Promise<void>>>) => Promise<unknown>

export interface Program {
  readonly name: string
  /** Which order the bug needs. */
  readonly takes: string
  /** Throws, or never ends, in the orders that show the bug. It makes everything anew. */
  readonly program: (wait: Wait, together: Together) => Promise<void>
}

async function several(wait: Wait, count: number, label = 'work'): Promise<void> {
  for (let i = 0; i < count; i++) await wait(label)
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Small programs without time, so that both can run them; each has one bug. */
export const programs: readonly Program[] = [
  {
    name: 'lost update',
    takes: 'a write between a read and its write',
    program: async (wait, together) => {
      let stored = 0
      const add = async (): Promise<void> => {
        await wait('get')
        const before = stored
        await wait('set')
        stored = before + 1
      }
      await together({ one: add, two: () => several(wait, 4).then(add) })
      must(stored === 2, `stored ${stored}`)
    },
  },
  {
    name: 'answer overtaken',
    takes: 'the first of two answers late by 3',
    program: async (wait, together) => {
      let shown = ''
      const search = async (text: string): Promise<void> => {
        await wait('search')
        shown = text
      }
      await together({
        first: () => search('cor'),
        second: () => several(wait, 2).then(() => search('corral')),
      })
      must(shown === 'corral', `shown: ${shown}`)
    },
  },
  {
    name: 'half initialised',
    takes: 'a user before the second part',
    program: async (wait, together) => {
      let config: { loaded: boolean } | undefined
      const start = async (): Promise<void> => {
        await wait('read')
        config = { loaded: false }
        await wait('parse')
        config.loaded = true
      }
      const use = async (): Promise<void> => {
        await several(wait, 6)
        must(config === undefined || config.loaded, 'used half-way')
      }
      await together({ start, use })
    },
  },
  {
    name: 'long gap',
    takes: 'one wait late by 12',
    program: async (wait, together) => {
      let open = true
      const writer = async (): Promise<void> => {
        must(open, 'closed already')
        await wait('write')
        must(open, 'written after the end')
      }
      const closer = async (): Promise<void> => {
        await several(wait, 12)
        open = false
      }
      await together({ writer, closer })
    },
  },
  {
    name: 'aba',
    takes: 'two changes between a read and a compare',
    program: async (wait, together) => {
      let top = 'a'
      let used = 0
      const swap = async (): Promise<void> => {
        await wait('look')
        const seen = top
        await wait('think')
        if (top === seen) must(used === 0, 'it is another one of that name')
      }
      const others = async (): Promise<void> => {
        await several(wait, 5)
        top = 'b'
        used += 1
        await wait('push')
        top = 'a'
      }
      await together({ swap, others })
    },
  },
  {
    name: 'lock order',
    takes: 'a deadlock of two locks',
    program: async (wait, together) => {
      const [a, b] = [makeLock(), makeLock()]
      const take = async (first: Lock, second: Lock, label: string): Promise<void> => {
        await first.take()
        await wait(label)
        await second.take()
        second.release()
        first.release()
      }
      await together({
        there: () => take(a, b, 'there'),
        back: () => several(wait, 4).then(() => take(b, a, 'back')),
      })
    },
  },
  {
    name: 'two late answers',
    takes: 'two waits late, each past the other task',
    program: async (wait, together) => {
      const log: string[] = []
      const step = async (name: string, before: number): Promise<void> => {
        await several(wait, before)
        await wait(name)
        log.push(name)
      }
      await together({
        begin: () => step('begin', 0),
        middle: () => step('middle', 1),
        end: () => step('end', 5),
      })
      must(log.join() !== 'end,middle,begin', 'all the other way about')
    },
  },
  {
    name: 'shutdown loses an item',
    takes: 'an item between the look and the end',
    program: async (wait, together) => {
      const queue: number[] = []
      const state = { stopped: false }
      let done = 0
      const worker = async (): Promise<void> => {
        while (!state.stopped || queue.length > 0) {
          await wait('poll')
          if (queue.shift() !== undefined) done += 1
        }
      }
      const producer = async (): Promise<void> => {
        for (let i = 0; i < 3; i++) {
          await wait('produce')
          queue.push(i)
        }
      }
      const stop = async (): Promise<void> => {
        await several(wait, 9)
        state.stopped = true
      }
      await together({ worker, producer, stop })
      must(done === 3, `${done} of 3 done`)
    },
  },
]

interface Lock {
  take(): Promise<void>
  release(): void
}

/** Of no library: both must be able to run it. */
function makeLock(): Lock {
  let tail = Promise.resolve()
  let holder: PromiseWithResolvers<void> | undefined
  return {
    async take() {
      const before = tail
      const mine = Promise.withResolvers<void>()
      tail = mine.promise
      await before
      holder = mine
    },
    release: () => holder?.resolve(),
  }
}
