import { describe, expect, it } from 'vitest'
import {
  CancelScope,
  moveOnAfter,
  now,
  run,
  shield,
  sleep,
  spawn,
  supervisor,
  taskGroup,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

/** A query builder: it begins when it is awaited. */
function lazy<T>(begin: () => Promise<T>): PromiseLike<T> {
  return {
    then: (fulfilled, rejected) => begin().then(fulfilled, rejected),
  }
}

const bodies: [string, () => PromiseLike<unknown>][] = [
  ['a promise', () => sleep(300)],
  ['a task from around', () => slow as Task<void>],
  ['a lazy thenable', () => lazy(() => sleep(300))],
]
let slow: Task<void> | undefined

describe.each(bodies)('a body that returns %s', (_, body) => {
  const program = (main: () => Promise<void>) => (): Promise<void> =>
    testRun(async () => {
      await taskGroup(async (group) => {
        slow = group.spawn(() => sleep(300))
        await main()
        group.cancel()
      })
    })

  it(
    'is timed out',
    program(async () => {
      await expect(timeout(10, body)).rejects.toBeInstanceOf(TimeoutError)
      expect(await moveOnAfter(10, body)).toEqual({ timedOut: true })
      expect(now()).toBe(20)
    }),
  )

  it(
    'is cancelled with its scope, or with its group',
    program(async () => {
      const scope = new CancelScope()
      const cut = scope.run(body)
      await sleep(10)
      scope.cancel()
      expect(await cut).toBe(undefined)
      await taskGroup((group) => {
        group.spawn(async () => {
          await sleep(10)
          group.cancel()
        })
        return body()
      })
      expect(now()).toBe(20)
    }),
  )

  it(
    'is shielded',
    program(async () => {
      await moveOnAfter(10, () => shield(body))
      expect(now()).toBe(300)
    }),
  )
})

describe('a scope', () => {
  it('hands itself to its body, whatever the body says it takes', () =>
    testRun(async () => {
      const seen: unknown[] = []
      const note = async (...args: unknown[]): Promise<void> => void seen.push(args[0])
      await timeout(10, note)
      await moveOnAfter(10, note)
      await shield(note)
      await new CancelScope().run(note)
      await spawn(note)
      expect(seen).toHaveLength(5)
      expect(seen.every((scope) => scope instanceof CancelScope)).toBe(true)
    }))

  it.each([
    ['timeout', (body: () => Promise<void>) => timeout(1e6, body)],
    ['moveOnAfter', (body: () => Promise<void>) => moveOnAfter(1e6, body)],
    ['shield', (body: () => Promise<void>) => shield(body)],
    ['CancelScope.run', (body: () => Promise<void>) => new CancelScope().run(body)],
    ['taskGroup', (body: () => Promise<void>) => taskGroup(body)],
    ['supervisor', (body: () => Promise<void>) => supervisor(body, { onError: () => {} })],
  ])('%s can be nested 5 000 deep without a wait between', async (_, open) => {
    let deepest = 0
    const nest = (depth: number): Promise<void> =>
      depth === 0
        ? Promise.resolve(void (deepest += 1))
        : (open(() => nest(depth - 1)) as Promise<unknown>).then(() => {})
    await run(() => nest(5_000))
    expect(deepest).toBe(1)
  })

  it.each([
    ['a string', () => 'a string'],
    ['a frozen error', () => Object.freeze(new Error('frozen'))],
    [
      'a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      },
    ],
  ])('that is being cancelled passes on %s like any other error', (_, make) =>
    testRun(async () => {
      const error: unknown = make()
      const fail = async (): Promise<void> => {
        try {
          await sleep(100)
        } finally {
          // oxlint-disable-next-line no-unsafe-finally
          throw error
        }
      }
      const same = (thrown: unknown): boolean => Object.is(thrown, error)
      expect(await timeout(1, fail).catch(same)).toBe(true)
      expect(await moveOnAfter(1, fail).catch(same)).toBe(true)
      expect(
        await taskGroup(async (group) => {
          group.spawn(fail)
          group.spawn(fail)
          await sleep(1)
          group.cancel()
        }).catch(same),
      ).toBe(true)
    }),
  )

  it('with 100 000 tasks of its own waits for all of them', () =>
    testRun(async () => {
      let ended = 0
      const result = await moveOnAfter(1e6, () => {
        for (let i = 0; i < 100_000; i++) {
          spawn(async () => {
            await sleep(i % 10)
            ended += 1
          })
        }
        return 'body'
      })
      expect([result, ended]).toEqual([{ timedOut: false, value: 'body' }, 100_000])
    }))
})
