import {
  CancelScope,
  checkpoint,
  combineLatest,
  merge,
  Queue,
  range,
  shield,
  sleep,
  stream,
  zip,
} from '../../src/index.ts'
import type { Stream } from '../../src/index.ts'
import { always, failpoint } from '../../src/testing.ts'
import { isInjected, must, onlyRange, together } from '../testing/primitives/primitive.ts'
import type { Primitive } from '../testing/primitives/primitive.ts'

/** A source that counts how many of it are open, and gives 0, 1, 2 ... as far as `length`. */
class Counted {
  open = 0
  given = 0

  of(length: number): Stream<number> {
    return stream(() => this.#walk(length))
  }

  async *#walk(length: number): AsyncGenerator<number> {
    this.open += 1
    try {
      for (let n = 0; n < length; n++) {
        await failpoint('source')
        await checkpoint()
        this.given += 1
        yield n
      }
    } finally {
      await shield(checkpoint)
      this.open -= 1
    }
  }
}

/** Walks to the end, or as far as it may: what came is a beginning of `expected`, and all is closed. */
async function walk(
  made: Stream<unknown>,
  counted: Counted,
  expected: readonly unknown[],
): Promise<void> {
  const got: unknown[] = []
  const scope = new CancelScope()
  let failed = false
  await scope.run(async () => {
    try {
      for await (const item of made) got.push(item)
    } catch (error) {
      failed = true
      must(isInjected(error), `an error from nowhere: ${String(error)}`)
    }
  })
  must(counted.open === 0, `${counted.open} sources are open`)
  const wanted = failed ? expected.slice(0, got.length) : expected
  must(got.join() === wanted.join(), `got ${got.join()}, wanted ${wanted.join()}`)
}

export const streamPrograms: readonly Primitive[] = [
  {
    name: 'Stream.buffer: nothing lost, nothing twice, never more ahead than allowed',
    program: async () => {
      const counted = new Counted()
      let taken = 0
      always('one in the buffer, one in the hand', () => counted.given - taken <= 3)
      await walk(
        counted
          .of(4)
          .buffer(1)
          .tap(() => void taken++),
        counted,
        [0, 1, 2, 3],
      )
    },
  },
  {
    name: 'Stream.map, concurrent: never more at once than allowed, results in their places',
    program: async () => {
      const counted = new Counted()
      let running = 0
      always('two at a time', () => running <= 2)
      const work = async (n: number): Promise<number> => {
        running += 1
        try {
          await failpoint('work')
          await checkpoint()
          return 10 * n
        } finally {
          running -= 1
        }
      }
      await walk(counted.of(3).map(work, { concurrency: 2 }), counted, [0, 10, 20])
      must(running === 0, 'one runs on')
    },
  },
  {
    name: 'Stream.map, unordered: every result once',
    program: async () => {
      const counted = new Counted()
      let made = 0
      const got: number[] = []
      const work = async (n: number): Promise<number> => {
        await checkpoint()
        made += 1
        return n
      }
      const failed = await counted
        .of(3)
        .map(work, { concurrency: 2, ordered: false })
        .forEach((n) => void got.push(n))
        .then(
          () => false,
          (error: unknown) => isInjected(error),
        )
      must(counted.open === 0, 'a source is open')
      must(new Set(got).size === got.length, `one twice: ${got.join()}`)
      must(failed || got.length === 3, `lost: ${got.join()} of ${made}`)
    },
  },
  {
    name: 'merge: all of both, each in its order, and both are closed',
    program: async () => {
      const counted = new Counted()
      const got: number[] = []
      const both = merge(
        counted.of(2),
        counted.of(2).map((n) => 10 + n),
      )
      const failed = await both
        .forEach((n) => void got.push(n))
        .then(
          () => false,
          (error: unknown) => isInjected(error),
        )
      must(counted.open === 0, 'a source is open')
      for (const side of [got.filter((n) => n < 10), got.filter((n) => n >= 10)]) {
        must(side.join() === side.toSorted((a, b) => a - b).join(), `out of order: ${got.join()}`)
      }
      must(failed || got.length === 4, `lost: ${got.join()}`)
    },
  },
  {
    name: 'zip: rows belong together, and the longer one is closed',
    program: async () => {
      const counted = new Counted()
      await walk(
        zip(counted.of(2), counted.of(3)).map((row) => row.join('-')),
        counted,
        ['0-0', '1-1'],
      )
    },
  },
  {
    name: 'combineLatest: ends with the latest of both',
    program: async () => {
      const counted = new Counted()
      let last: readonly number[] = []
      const failed = await combineLatest(counted.of(2), counted.of(2))
        .forEach((row) => void (last = row))
        .then(
          () => false,
          (error: unknown) => isInjected(error),
        )
      must(counted.open === 0, 'a source is open')
      must(failed || last.join() === '1,1', `ended with ${last.join()}`)
    },
  },
  {
    name: 'a stream that is left early: every source closed, nothing runs on',
    program: async () => {
      const counted = new Counted()
      const made = merge(counted.of(9).buffer(2), counted.of(9))
        .map(async (n) => n, { concurrency: 2 })
        .take(2)
      let got = 0
      try {
        for await (const item of made) {
          must(item >= 0, 'no item')
          got += 1
        }
      } catch (error) {
        must(isInjected(error), `an error from nowhere: ${String(error)}`)
        got = 2
      }
      must(got === 2, `got ${got}`)
      must(counted.open === 0, `${counted.open} sources are open`)
    },
  },
  {
    name: 'Stream.share: every reader has every item, and the last one closes the source',
    program: async () => {
      const counted = new Counted()
      const shared = counted.of(3).share()
      const read = async (): Promise<void> => {
        const got = await shared.toArray().catch((error: unknown) => {
          must(isInjected(error), `an error from nowhere: ${String(error)}`)
        })
        const all = [0, 1, 2].slice(3 - (got?.length ?? 0))
        must(got === undefined || got.join() === all.join(), `got ${got?.join()}`)
      }
      await together(read, read)
      must(counted.open === 0, `${counted.open} sources are open`)
    },
  },
  {
    name: 'Stream.retry: never two walks at once, a cancellation is no failure of the source',
    program: async () => {
      const counted = new Counted()
      always('one walk', () => counted.open <= 1)
      let walks = 0
      const failing = stream(async function* () {
        walks += 1
        for await (const n of counted.of(2)) {
          yield n
          if (walks === 1) throw new RangeError('again')
        }
      })
      const got = await failing
        .retry({ attempts: 2, backoff: [5] })
        .toArray()
        .catch((error: unknown) => {
          if (!isInjected(error)) onlyRange(error)
        })
      must(got === undefined || /^(0,)?(1,)?0,1$/.test(got.join()), `got ${got?.join()}`)
      must(counted.open === 0 && walks <= 2, `${walks} walks`)
    },
  },
  {
    name: 'Stream.takeUntil: what came before is given, then both sides are closed',
    program: async () => {
      const counted = new Counted()
      const got: number[] = []
      const until = counted.of(9).takeUntil(counted.of(1))
      await until
        .forEach((n) => void got.push(n))
        .catch((error: unknown) => must(isInjected(error), `from nowhere: ${String(error)}`))
      must(got.join() === got.map((_, i) => i).join(), `got ${got.join()}`)
      must(counted.open === 0, `${counted.open} sources are open`)
    },
  },
  {
    name: 'Stream.chunk in time: nothing lost, nothing twice',
    program: async () => {
      const counted = new Counted()
      const source = counted.of(3).tap((n) => (n === 1 ? sleep(2) : undefined))
      const chunks = source.chunk(2, { maxDelay: 1 }).flatMap((chunk) => chunk)
      await walk(chunks, counted, [0, 1, 2])
    },
  },
  {
    name: 'Stream.pipeTo: every item goes to one of two, and the queue is closed at the end',
    needsAll: true,
    program: async () => {
      const queue = new Queue<number>({ capacity: 1 })
      const got: number[] = []
      const read = async (): Promise<void> => {
        for await (const item of queue) got.push(item)
      }
      await together(read, read, () => range(0, 3).buffer(1).pipeTo(queue))
      must(got.toSorted((a, b) => a - b).join() === '0,1,2', `got ${got.join()}`)
    },
  },
]
