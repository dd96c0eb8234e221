import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import {
  Cancelled,
  CancelScope,
  cancellable,
  checkpoint,
  currentDeadline,
  currentSignal,
  isCancelled,
  moveOnAfter,
  now,
  shield,
  sleep,
  spawn,
  taskGroup,
  throwIfCancelled,
  timeout,
} from '../../src/index.ts'
import { currentScope } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'

/** What the wait throws, or undefined. */
function thrownBy(wait: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(wait).then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('CancelScope', () => {
  it('throws at every wait until it is left, whatever was swallowed', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        expect(isCancelled(await thrownBy(sleep(1)))).toBe(true)
        expect(isCancelled(await thrownBy(checkpoint()))).toBe(true)
        expect(() => throwIfCancelled()).toThrow(Cancelled)
        await sleep(1)
      })
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, true])
      await sleep(1)
    }))

  it('is cancelled once: the first reason wins', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel('first')
        scope.cancel('second')
        expect(await thrownBy(sleep(1))).toMatchObject({
          reason: 'first',
          cause: 'first',
          name: 'AbortError',
          code: 'CANCELLED',
        })
      })
    }))

  it('that was cancelled but left without a wait caught nothing', () =>
    testRun(async () => {
      const scope = new CancelScope()
      expect(
        await scope.run(async () => {
          scope.cancel()
          return 'value'
        }),
      ).toBe('value')
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, false])
    }))

  it('can be cancelled before it is entered: the first wait inside throws', () =>
    testRun(async () => {
      const scope = new CancelScope()
      scope.cancel()
      let entered = false
      await scope.run(async () => {
        entered = true
        await sleep(1)
        entered = false
      })
      expect([entered, scope.cancelledCaught]).toEqual([true, true])
    }))

  it('is for one use', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(() => sleep(1))
      await expect(scope.run(() => sleep(1))).rejects.toThrow('this scope was entered before')
      const reentered = new CancelScope()
      await reentered.run(async () => {
        await expect(reentered.run(() => sleep(1))).rejects.toThrow('entered before')
      })
    }))

  it('that is the outermost cancelled one catches, the inner ones do not', () =>
    testRun(async () => {
      const [one, two, three] = [new CancelScope(), new CancelScope(), new CancelScope()]
      await one.run(async () => {
        await two.run(async () => {
          await three.run(async () => {
            three.cancel()
            two.cancel()
            await sleep(1)
          })
        })
      })
      expect([one, two, three].map((scope) => scope.cancelledCaught)).toEqual([false, true, false])
    }))

  it('shielded inside cancelled ones catches its own cancellation; the outer one catches after it', () =>
    testRun(async () => {
      const [one, two, three] = [
        new CancelScope(),
        new CancelScope(),
        new CancelScope({ shield: true }),
      ]
      const seen: string[] = []
      await one.run(async () => {
        await two.run(async () => {
          await three.run(async () => {
            three.cancel()
            two.cancel()
            await sleep(1)
          })
          seen.push('between')
          await sleep(1)
          seen.push('unreachable')
        })
      })
      expect(seen).toEqual(['between'])
      expect([one, two, three].map((scope) => scope.cancelledCaught)).toEqual([false, true, true])
    }))

  it('cancelled around a shielded scope leaves it alone until the shield is taken away', () =>
    testRun(async () => {
      const outer = new CancelScope()
      const inner = new CancelScope({ shield: true })
      await outer.run(async () => {
        outer.cancel()
        await inner.run(async () => {
          await sleep(1)
          inner.shield = false
          expect(isCancelled(await thrownBy(sleep(1)))).toBe(true)
          inner.shield = true
          await sleep(1)
          inner.cancel()
          await sleep(1)
        })
        expect(inner.cancelledCaught).toBe(true)
        await sleep(1)
      })
      expect(outer.cancelledCaught).toBe(true)
    }))

  it('shield has effect on a task that is already waiting', () =>
    testRun(async () => {
      const outer = new CancelScope()
      const inner = new CancelScope({ shield: true })
      const task = spawn(() => outer.run(() => inner.run(() => sleep(1000))))
      await sleep(1)
      outer.cancel()
      await sleep(1)
      expect(task.status).toBe('running')
      const before = now()
      inner.shield = false
      await task
      expect(now() - before).toBe(0)
      expect([outer.cancelledCaught, inner.cancelledCaught]).toEqual([true, false])
    }))

  it('reaches all descendants at any depth', () =>
    testRun(async () => {
      let cancelled = 0
      const scope = new CancelScope()
      const grow = (depth: number): Promise<void> =>
        taskGroup(async (group) => {
          if (depth > 0) for (let i = 0; i < 3; i++) group.spawn(() => grow(depth - 1))
          try {
            await sleep(1000)
          } catch (error) {
            cancelled += 1
            throw error
          }
        })
      const task = spawn(() => scope.run(() => grow(3)))
      await sleep(1)
      scope.cancel()
      await task
      expect(cancelled).toBe(1 + 3 + 9 + 27)
    }))

  it('in a child, cancelled from the parent, ends just its block', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await taskGroup(async (group) => {
        const child = group.spawn(async () => {
          await scope.run(() => sleep(1000))
          return 'after'
        })
        await sleep(1)
        scope.cancel()
        expect(await child).toBe('after')
        expect(group.scope.cancelCalled).toBe(false)
      })
    }))

  it('is born cancelled inside a cancelled one, also over one in between; a cancellation never goes up', () =>
    testRun(async () => {
      const [outer, middle, inner] = [new CancelScope(), new CancelScope(), new CancelScope()]
      const seen: string[] = []
      await outer.run(async () => {
        await middle.run(async () => {
          middle.cancel()
          await sleep(1)
        })
        await sleep(1)
        seen.push('outer goes on')
        outer.cancel()
        await new CancelScope().run(() =>
          inner.run(async () => {
            expect(inner.cancelCalled).toBe(false)
            await sleep(1)
            seen.push('unreachable')
          }),
        )
      })
      expect(seen).toEqual(['outer goes on'])
      expect([outer, middle, inner].map((scope) => scope.cancelledCaught)).toEqual([
        true,
        true,
        false,
      ])
    }))

  it('that hides nothing lets other errors through', () =>
    testRun(async () => {
      const failure = new Error('other')
      const scope = new CancelScope()
      const thrown = await thrownBy(
        scope.run(async () => {
          scope.cancel()
          throw failure
        }),
      )
      expect(thrown).toBe(failure)
      expect(scope.cancelledCaught).toBe(false)
    }))

  it('counts a foreign AbortError as the cancellation when it is cancelled, not otherwise', () =>
    testRun(async () => {
      const foreign = new DOMException('aborted', 'AbortError')
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        throw foreign
      })
      expect(scope.cancelledCaught).toBe(true)
      expect(
        await thrownBy(
          new CancelScope().run(async () => {
            throw foreign
          }),
        ),
      ).toBe(foreign)
    }))

  it('twice in a row can be cancelled twice', () =>
    testRun(async () => {
      for (let i = 0; i < 2; i++) {
        const scope = new CancelScope()
        await scope.run(async () => {
          scope.cancel()
          await sleep(1)
        })
        expect(scope.cancelledCaught).toBe(true)
      }
    }))

  it('with a deadline in the past throws at the next wait; moved back in time it does not', () =>
    testRun(async () => {
      const scope = new CancelScope({ deadline: now() + 1000 })
      await scope.run(async () => {
        scope.deadline = now() - 1
        await sleep(1)
      })
      expect(scope.cancelledCaught).toBe(true)
      const moved = new CancelScope({ deadline: now() + 10 })
      await moved.run(async () => {
        await sleep(5)
        moved.deadline = now() + 1000
        await sleep(20)
      })
      expect(moved.cancelCalled).toBe(false)
    }))

  it('that is not entered tells that its deadline passed, and moving it does not un-cancel', () =>
    testRun(async () => {
      const scope = new CancelScope({ deadline: now() + 5 })
      expect(scope.cancelCalled).toBe(false)
      await sleep(10)
      expect(scope.cancelCalled).toBe(true)
      scope.deadline = now() + 1000
      expect(scope.cancelCalled).toBe(true)
    }))

  it('wakes a task that waits when its deadline is moved up', () =>
    testRun(async () => {
      const scope = new CancelScope({ deadline: now() + 1000 })
      const start = now()
      const task = spawn(() => scope.run(() => sleep(500)))
      await sleep(1)
      scope.deadline = start + 2
      await task
      expect(now() - start).toBe(2)
    }))

  it('of many with one deadline all fire, and one taken away leaves the others', () =>
    testRun(async () => {
      const at = now() + 10
      const scopes = Array.from({ length: 20 }, () => new CancelScope({ deadline: at }))
      const tasks = scopes.map((scope) => spawn(() => scope.run(() => sleep(100))))
      await sleep(1)
      ;(scopes[7] as CancelScope).deadline = Infinity
      await sleep(20)
      expect(scopes.map((scope) => scope.cancelledCaught)).toEqual(scopes.map((_, i) => i !== 7))
      await Promise.all(tasks)
    }))

  it('that was left is not cancelled by a deadline set afterwards', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(() => sleep(1))
      scope.deadline = now() - 1
      await sleep(1)
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([false, false])
    }))

  it('refuses a deadline that is no number', () => {
    expect(() => new CancelScope({ deadline: Number.NaN })).toThrow(
      'CancelScope: deadline must be a number of milliseconds since the epoch (Infinity for never), got NaN (number)',
    )
  })

  it('does not spin while a cancelled task awaits something shielded', () =>
    testRun(async () => {
      const start = now()
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        await shield(() => sleep(3_600_000))
      })
      expect(now() - start).toBe(3_600_000)
    }))

  it('that was left with a forgotten wait gives it up', async () => {
    let forgotten: Promise<unknown> = Promise.resolve()
    await new CancelScope().run(async () => {
      forgotten = thrownBy(sleep(1_000_000))
    })
    expect(isCancelled(await forgotten)).toBe(true)
  })
})

describe('CancelScope.enter', () => {
  it('begins waits in the scope of a body that was handed it', () =>
    testRun(async () => {
      const start = now()
      await expect(
        timeout(10, async (scope) => {
          await shield(() => scope.enter(() => sleep(1000)))
        }),
      ).rejects.toMatchObject({ code: 'TIMEOUT' })
      expect(now() - start).toBe(10)
    }))

  it('is handed to every kind of body that takes it', () =>
    testRun(async () => {
      const seen: unknown[] = []
      const look = async (scope: CancelScope): Promise<void> => {
        seen.push(scope.enter(() => currentSignal()) === scope.signal)
      }
      await spawn(look)
      await timeout(10, look)
      await moveOnAfter(10, look)
      await shield(look)
      await taskGroup(async (group) => {
        await look(group.scope)
        await group.spawn(look)
      })
      expect(seen).toEqual([true, true, true, true, true, true])
    }))

  it('refuses a scope that is not running', () =>
    testRun(async () => {
      const scope = new CancelScope()
      expect(() => scope.enter(() => sleep(1))).toThrow('the scope is not running')
      await scope.run(async () => {})
      expect(() => scope.enter(() => sleep(1))).toThrow('the scope is not running')
    }))
})

describe('Cancelled', () => {
  it('carries what cancelled: the failure of a sibling, a deadline, what was said to cancel', () =>
    testRun(async () => {
      const failure = new Error('sibling')
      const reasons: unknown[] = []
      const victim = async (): Promise<void> => {
        const error = await thrownBy(sleep(1000))
        reasons.push((error as Cancelled).reason)
        throw error
      }
      await thrownBy(
        taskGroup(async (group) => {
          group.spawn(victim)
          await sleep(1)
          throw failure
        }),
      )
      await thrownBy(timeout(10, victim))
      await taskGroup(async (group) => {
        group.spawn(victim)
        await sleep(1)
        group.cancel('enough')
      })
      expect(reasons).toEqual([failure, 'its deadline passed', 'enough'])
    }))

  it('has a stack that shows where the victim waited', () =>
    testRun(async () => {
      let stack = ''
      async function victim(): Promise<void> {
        await sleep(1000)
      }
      const task = spawn(async () => {
        try {
          await victim()
        } catch (error) {
          stack = (error as Error).stack ?? ''
          throw error
        }
      })
      await sleep(1)
      task.cancel()
      await task.settled()
      expect(stack).toMatch(/at (async )?victim/)
    }))

  it('reaches 100 000 waiters, each with an error of its own', () =>
    testRun(async () => {
      const errors = new Set<unknown>()
      await taskGroup(async (group) => {
        for (let i = 0; i < 100_000; i++) {
          group.spawn(async () => {
            const error = await thrownBy(sleep(1000))
            errors.add(error)
          })
        }
        await sleep(1)
        group.cancel('all')
      })
      expect(errors.size).toBe(100_000)
    }))
})

describe('currentDeadline', () => {
  it('is the minimum of those around, up to the nearest shield', () =>
    testRun(async () => {
      const start = now()
      expect(currentDeadline()).toBe(Infinity)
      await timeout(100, async () => {
        expect(currentDeadline()).toBe(start + 100)
        await timeout(1000, async () => expect(currentDeadline()).toBe(start + 100))
        await timeout(10, async () => expect(currentDeadline()).toBe(start + 10))
        await shield(async () => expect(currentDeadline()).toBe(Infinity))
      })
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        expect(currentDeadline()).toBe(-Infinity)
        await shield(async () => expect(currentDeadline()).toBe(Infinity))
        expect(currentDeadline()).toBe(-Infinity)
      })
      const shielded = new CancelScope({ shield: true })
      await shielded.run(async () => {
        shielded.cancel()
        expect(currentDeadline()).toBe(-Infinity)
      })
    }))
})

describe('currentSignal', () => {
  it('aborts with the scope, carries the reason, and is one per scope', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(async () => {
        const signal = currentSignal()
        expect(currentSignal()).toBe(signal)
        expect(scope.signal).toBe(signal)
        expect(signal.aborted).toBe(false)
        scope.cancel('why')
        expect(signal.aborted).toBe(true)
        expect(signal.reason).toMatchObject({ name: 'AbortError', reason: 'why' })
      })
    }))

  it('is aborted from the start in a cancelled scope, and in the scopes inside', () =>
    testRun(async () => {
      const outer = new CancelScope()
      await outer.run(async () => {
        const inner = new CancelScope()
        await inner.run(async () => {
          const signal = currentSignal()
          outer.cancel()
          expect(signal.aborted).toBe(true)
        })
        expect(currentSignal().aborted).toBe(true)
        await shield(async () => expect(currentSignal().aborted).toBe(false))
      })
    }))

  it('never aborts at the root', () => {
    expect(currentSignal().aborted).toBe(false)
  })
})

describe('cancellable', () => {
  it('takes what await takes: a thenable that throws rejects, and what is no promise is given back', () =>
    testRun(async () => {
      const broken = {
        then(): never {
          throw new Error('then')
        },
      }
      await expect(cancellable(broken)).rejects.toThrow('then')
      const hiding = {
        get then(): never {
          throw new Error('get then')
        },
      }
      await expect(cancellable(hiding)).rejects.toThrow('get then')
      expect(await cancellable(undefined as never)).toBe(undefined)
      expect(currentScope().firstWaiter).toBe(undefined)
    }))

  it('passes on what the promise ends with', () =>
    testRun(async () => {
      expect(await cancellable(Promise.resolve(0))).toBe(0)
      await expect(cancellable(Promise.reject(new Error('foreign')))).rejects.toThrow('foreign')
    }))

  it('gives up waiting, and drops what comes later', () =>
    testRun(async () => {
      const { promise, reject } = Promise.withResolvers<void>()
      const task = spawn(() => cancellable(promise))
      await sleep(1)
      task.cancel()
      await task.settled()
      reject(new Error('too late'))
      await sleep(1)
      expect(task.status).toBe('cancelled')
    }))
})

describe('the context', () => {
  it('of a callback that outlives its scope is the one around it', () =>
    testRun(async () => {
      let late = (): Promise<void> => Promise.resolve()
      await moveOnAfter(1, async () => {
        late = AsyncLocalStorage.bind(() => sleep(1))
        await sleep(1000)
      })
      const start = now()
      await late()
      expect(now() - start).toBe(1)
    }))

  it('of a scope entered in an async generator does not leak into the consumer', () =>
    testRun(async () => {
      async function* numbers(): AsyncGenerator<number> {
        yield await timeout(100, async () => 1)
        yield 2
      }
      for await (const _ of numbers()) expect(currentDeadline()).toBe(Infinity)
    }))

  it('is that of the scope in a thenable awaited inside it', () =>
    testRun(async () => {
      const start = now()
      let seen = 0
      await timeout(50, async () => {
        await {
          then(resolve: (value: number) => void) {
            seen = currentDeadline() - start
            resolve(1)
          },
        }
      })
      expect(seen).toBe(50)
    }))

  it('leaves the user his own AsyncLocalStorage values in every body', () =>
    testRun(async () => {
      const storage = new AsyncLocalStorage<string>()
      await storage.run('mine', async () => {
        expect(await spawn(async () => storage.getStore())).toBe('mine')
        expect(await timeout(10, async () => storage.getStore())).toBe('mine')
        await taskGroup(async (group) => {
          expect(storage.getStore()).toBe('mine')
          expect(await storage.run('theirs', () => group.spawn(() => storage.getStore()))).toBe(
            'theirs',
          )
        })
        await sleep(1)
        expect(storage.getStore()).toBe('mine')
      })
    }))
})
