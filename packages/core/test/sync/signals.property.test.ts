import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Barrier, CancelScope, Condition, Event } from '../../src/index.ts'
import type { BrokenError } from '../../src/index.ts'
import { Callers, turn } from './callers.ts'

function steps<const T extends string>(...kinds: readonly T[]): fc.Arbitrary<[T, number][]> {
  return fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(99)), { maxLength: 60, size: 'max' })
}

describe('Event', () => {
  it('lets exactly those go on that wait when it is set, or come while it is', () =>
    fc.assert(
      fc.asyncProperty(steps('wait', 'wait', 'set', 'clear', 'cancel', 'turn'), async (steps) => {
        const event = new Event()
        const callers = new Callers<void>()
        let line: number[] = []
        const passed: number[] = []
        for (const [step, n] of steps) {
          if (step === 'wait') {
            const [caller] = callers.ask([() => event.wait()])
            ;(event.isSet ? passed : line).push(caller?.id ?? NaN)
          } else if (step === 'set') {
            event.set()
            passed.push(...line)
            line = []
          } else if (step === 'clear') {
            event.clear()
          } else if (step === 'cancel') {
            const caller = callers.all[n % callers.all.length]
            caller?.scope.cancel()
            line = line.filter((id) => id !== caller?.id)
          } else {
            await turn()
            expect(callers.got).toEqual(passed)
          }
          expect(event.waiting).toBe(line.length)
        }
        event.set()
        await turn()
        expect(callers.got).toEqual([...passed, ...line])
        const others = callers.all.filter(({ id }) => !callers.got.includes(id))
        expect(others.every(({ state }) => state === 'cancelled')).toBe(true)
      }),
      { numRuns: 300 },
    ))
})

describe('Barrier', () => {
  it('lets exactly its parties go each round, in places of their own, and nobody be left behind', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        steps('wait', 'wait', 'wait', 'wait', 'cancel', 'cancel', 'turn', 'stop'),
        async (parties, steps) => {
          const barrier = new Barrier(parties)
          const callers = new Callers<number>()
          const places = new Map<number, number>()
          const refused = new Set<number>()
          let line: number[] = []
          let aborted = false
          const turnAway = (): void => {
            for (const id of line) refused.add(id)
            line = []
          }
          const compare = async (): Promise<void> => {
            await turn()
            for (const { id, state, value, error } of callers.all) {
              const place = places.get(id)
              if (place !== undefined) expect([state, value]).toEqual(['got', place])
              else if (line.includes(id)) expect(state).toBe('asking')
              else if (refused.has(id)) expect((error as BrokenError).code).toBe('BROKEN')
              else expect(state).toBe('cancelled')
            }
          }
          for (const [step, n] of steps) {
            if (step === 'wait') {
              const [caller] = callers.ask([() => barrier.wait()])
              const id = caller?.id ?? NaN
              if (aborted) {
                refused.add(id)
              } else {
                line.push(id)
                if (line.length === parties) {
                  line.forEach((id, place) => places.set(id, place))
                  line = []
                }
              }
            } else if (step === 'cancel') {
              const caller = callers.all[n % callers.all.length]
              caller?.scope.cancel()
              line = line.filter((id) => id !== caller?.id)
            } else if (step === 'stop' && n % 4 === 0) {
              // Not as often as the others: a round should come to its end now and then.
              aborted = n % 8 === 0
              if (aborted) barrier.abort()
              else barrier.reset()
              turnAway()
            } else if (step === 'turn') {
              await compare()
            }
            expect([barrier.waiting, barrier.broken]).toEqual([line.length, aborted])
          }
          barrier.reset()
          turnAway()
          await compare()
        },
      ),
      { numRuns: 300 },
    ))
})

describe('Condition', () => {
  it('wakes each that is notified, once and in order, never two at a time, and holds the lock when cancelled', () =>
    fc.assert(
      fc.asyncProperty(
        steps('wait', 'wait', 'cancel', 'notify', 'hold', 'hold', 'turn'),
        async (steps) => {
          const condition = new Condition()
          const { lock } = condition
          const callers = new Callers<void>()
          /** Ids in line for a notification, in the order in which they let the lock go. */
          let asleep: number[] = []
          const notified: number[] = []
          const woken: number[] = []
          let inside = 0

          const wait = async (id: number, naps: number): Promise<void> => {
            using _held = await lock.acquire()
            expect(++inside).toBe(1)
            // Cancelled already, it throws at once.
            if (callers.all[id]?.scope.cancelCalled === false) asleep.push(id)
            inside -= 1
            let cutShort = true
            try {
              await condition.wait()
              woken.push(id)
              cutShort = false
            } finally {
              // With the lock held, whatever happened.
              expect([++inside, lock.locked]).toEqual([1, true])
              for (let nap = 0; nap < naps; nap++) await Promise.resolve()
              inside -= 1
              expect(cutShort).toBe(!notified.includes(id))
            }
          }
          let holding: Disposable | undefined
          const letGo = (): void => {
            if (holding !== undefined) inside -= 1
            holding?.[Symbol.dispose]()
            holding = undefined
          }
          const hold = async (): Promise<void> => {
            if (holding !== undefined) return
            holding = await lock.acquire()
            expect(++inside).toBe(1)
          }
          for (const [step, n] of steps) {
            if (step === 'wait') {
              const id = callers.all.length
              callers.ask([() => wait(id, n % 4)], new CancelScope({ name: String(id) }))
            } else if (step === 'cancel') {
              const caller = callers.all[n % callers.all.length]
              caller?.scope.cancel()
              asleep = asleep.filter((id) => id !== caller?.id)
            } else if (step === 'notify') {
              await hold()
              condition.notify(n % 4)
              notified.push(...asleep.splice(0, n % 4))
              expect(condition.waiting).toBe(asleep.length)
              if (n % 2 === 0) letGo()
            } else if (step === 'hold') {
              if (holding === undefined) await hold()
              else letGo()
            } else {
              await turn()
            }
          }
          await hold()
          condition.notifyAll()
          notified.push(...asleep)
          expect(condition.waiting).toBe(0)
          letGo()
          await turn()
          // The latecomers, who had waited for the lock till now.
          while (condition.waiting > 0) {
            await hold()
            notified.push(...asleep.filter((id) => !notified.includes(id)))
            condition.notifyAll()
            letGo()
            await turn()
          }
          expect(woken).toEqual(notified)
          expect([lock.locked, lock.waiting, inside]).toEqual([false, 0, 0])
          for (const { id, state } of callers.all) {
            expect([id, state]).toEqual([id, notified.includes(id) ? 'got' : 'cancelled'])
          }
        },
      ),
      { numRuns: 300 },
    ))
})
