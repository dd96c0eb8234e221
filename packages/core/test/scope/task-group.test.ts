import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  CancelScope,
  checkpoint,
  isCancelled,
  MisuseError,
  moveOnAfter,
  now,
  openGroup,
  shield,
  sleep,
  spawn,
  TaskCancelledError,
  taskGroup,
} from '../../src/index.ts'
import type { Task, TaskGroup } from '../../src/index.ts'
import { currentScope, snapshot } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'

/** A task that waits until it is cancelled, and then does `cleanup`. */
async function until(cleanup: () => unknown): Promise<void> {
  try {
    await sleep(1_000_000)
  } finally {
    await cleanup()
  }
}

function fail(error: unknown): never {
  throw error
}

function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('taskGroup', () => {
  it('ends when all its tasks have ended, with the value of its body', () =>
    testRun(async () => {
      const seen: string[] = []
      const value = await taskGroup(async (group) => {
        group.spawn(async () => {
          await sleep(20)
          seen.push('slow')
        })
        group.spawn(async () => {
          await sleep(10)
          seen.push('quick')
        })
        return 'value'
      })
      expect([value, ...seen]).toEqual(['value', 'quick', 'slow'])
    }))

  it('makes each call of a callback a task of its own', () =>
    testRun(async () => {
      const seen: string[] = []
      await taskGroup(async (group) => {
        const onEvent = group.callback(async (name: string, ms: number) => {
          await sleep(ms)
          seen.push(`${name} at ${now()}`)
          return name
        })
        setTimeout(() => void onEvent('from outside', 5), 0)
        expect(await onEvent('a', 10)).toBe('a')
        const cut = onEvent('b', 1000)
        cut.cancel()
        await expect(cut).rejects.toBeInstanceOf(TaskCancelledError)
      })
      expect(seen).toContain('a at 10')
    }))

  it('fails with what a callback throws, and runs no callback after that', () =>
    testRun(async () => {
      const failure = new Error('in a callback')
      let calls = 0
      let late: ((fail: boolean) => Task<unknown>) | undefined
      const group = taskGroup(async (group) => {
        late = group.callback((fail: boolean) => {
          calls += 1
          if (fail) throw failure
        })
        late(true)
        try {
          await sleep(1000)
        } finally {
          expect(late(false).status).toBe('cancelled')
        }
      })
      await expect(group).rejects.toBe(failure)
      const task = late?.(false) as Task<unknown>
      expect([task.status, task.cancel(), calls]).toEqual(['cancelled', false, 1])
      await expect(task).rejects.toThrow('was cancelled: the group has failed')
      expect((await task.settled()).status).toBe('rejected')
    }))

  it('infers its value', () => {
    expectTypeOf(taskGroup(async () => 1)).resolves.toEqualTypeOf<number | undefined>()
    expectTypeOf(taskGroup(async () => {})).resolves.toEqualTypeOf<void>()
    expectTypeOf(taskGroup(() => {})).resolves.toEqualTypeOf<void>()
  })

  it('that is empty yields at least once', () =>
    testRun(async () => {
      const seen: string[] = []
      void Promise.resolve().then(() => seen.push('other'))
      await taskGroup(async () => {})
      expect(seen).toEqual(['other'])
    }))

  it('whose task fails cancels the others and the body, awaits them, and throws that error as it is', () =>
    testRun(async () => {
      const seen: string[] = []
      const failure = new Error('first')
      const thrown = await caught(
        taskGroup(async (group) => {
          group.spawn(async () => {
            await sleep(1)
            fail(failure)
          })
          group.spawn(() => until(() => seen.push('sibling')))
          await until(() => seen.push('body'))
          seen.push('unreachable')
        }),
      )
      expect(thrown).toBe(failure)
      expect('suppressed' in failure).toBe(false)
      expect(seen.toSorted()).toEqual(['body', 'sibling'])
    }))

  it('whose body fails cancels and awaits its tasks', () =>
    testRun(async () => {
      const seen: string[] = []
      const failure = new Error('body')
      const thrown = await caught(
        taskGroup(async (group) => {
          group.spawn(() => until(() => seen.push('task')))
          await sleep(1)
          fail(failure)
        }),
      )
      expect(thrown).toBe(failure)
      expect(seen).toEqual(['task'])
    }))

  it('keeps a failure once with an error that is thrown again and again', () =>
    testRun(async () => {
      const [first, second] = [new Error('first'), new Error('second')]
      for (let i = 0; i < 3; i++) {
        const failing = taskGroup(async (group) => {
          group.spawn(() => fail(first))
          group.spawn(() => fail(second))
        })
        await expect(failing).rejects.toBe(first)
      }
      expect(first).toMatchObject({ suppressed: [second] })
    }))

  it('keeps the failures after the first in its suppressed, in their order', () =>
    testRun(async () => {
      const [first, second, third] = [new Error('1'), new Error('2'), new Error('3')]
      const thrown = await caught(
        taskGroup(async (group) => {
          group.spawn(() => until(() => fail(second)))
          group.spawn(async () => {
            await sleep(1)
            fail(first)
          })
          await until(async () => {
            await shield(() => sleep(5))
            fail(third)
          })
        }),
      )
      expect(thrown).toBe(first)
      expect((thrown as { suppressed?: unknown }).suppressed).toEqual([second, third])
      expect(Object.keys(thrown as object)).toContain('suppressed')
    }))

  it('reports a later failure when the first cannot take it', async () => {
    const later = new Error('later')
    const frozen = Object.freeze(new Error('frozen'))
    const lost = await unhandled(() =>
      testRun(
        async () => {
          const thrown = await caught(
            taskGroup(async (group) => {
              group.spawn(() => until(() => fail(later)))
              await sleep(1)
              fail(frozen)
            }),
          )
          expect(thrown).toBe(frozen)
        },
        { unhandled: 'report' },
      ),
    )
    expect(lost).toEqual([later])
  })

  it('whose two tasks crash in one turn throws the first one with the second', () =>
    testRun(async () => {
      const [first, second] = [new Error('1'), new Error('2')]
      const thrown = await caught(
        taskGroup(async (group) => {
          group.spawn(() => fail(first))
          group.spawn(() => fail(second))
        }),
      )
      expect(thrown).toBe(first)
      expect(first).toMatchObject({ suppressed: [second] })
    }))

  it('does not count an error twice that the body met by awaiting the task', () =>
    testRun(async () => {
      const failure = new Error('once')
      const thrown = await caught(
        taskGroup(async (group) => {
          await group.spawn(async () => fail(failure))
        }),
      )
      expect(thrown).toBe(failure)
      expect('suppressed' in failure).toBe(false)
    }))

  it('goes on when a task is cancelled by hand', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        const task = group.spawn(() => sleep(1000))
        const other = group.spawn(async () => {
          await sleep(5)
          return 'done'
        })
        await sleep(1)
        task.cancel()
        expect(await other).toBe('done')
      })
    }))

  it('cancelled while it waits for its tasks cancels them all, awaits them, and throws on', () =>
    testRun(async () => {
      let cleaned = 0
      let after = false
      const owner = spawn(async () => {
        await taskGroup(async (group) => {
          for (let i = 0; i < 5; i++) {
            group.spawn(() =>
              until(async () => {
                await shield(() => sleep(10))
                cleaned += 1
              }),
            )
          }
        })
        after = true
      })
      await sleep(1)
      owner.cancel()
      await owner.settled()
      expect([cleaned, after, owner.status]).toEqual([5, false, 'cancelled'])
    }))

  it('cancelled from outside lets a crash in the cleanup of a task win over the cancellation', () =>
    testRun(async () => {
      const failure = new Error('cleanup')
      const scope = new CancelScope()
      const thrown = await caught(
        scope.run(() =>
          taskGroup(async (group) => {
            group.spawn(() => until(() => fail(failure)))
            await sleep(1)
            scope.cancel()
            await sleep(1)
          }),
        ),
      )
      expect(thrown).toBe(failure)
      expect(scope.cancelledCaught).toBe(false)
    }))

  it('cancelled while its body waits interrupts the body and each task once', () =>
    testRun(async () => {
      const seen: string[] = []
      const owner = spawn(() =>
        taskGroup(async (group) => {
          group.spawn(() => until(() => seen.push('one')))
          group.spawn(() => until(() => seen.push('two')))
          await until(() => seen.push('body'))
        }),
      )
      await sleep(1)
      owner.cancel()
      await owner.settled()
      expect(owner.status).toBe('cancelled')
      expect(seen.toSorted()).toEqual(['body', 'one', 'two'])
    }))

  it('cancelled and in slow cleanup lets a task that crashes meanwhile win', () =>
    testRun(async () => {
      const failure = new Error('late')
      const start = now()
      const owner = spawn(async () =>
        caught(
          taskGroup(async (group) => {
            group.spawn(() =>
              shield(async () => {
                await sleep(5)
                fail(failure)
              }),
            )
            await until(() => shield(() => sleep(10)))
          }),
        ),
      )
      await sleep(1)
      owner.cancel()
      expect(await owner).toBe(failure)
      expect(now() - start).toBe(11)
    }))

  it('keeps no Cancelled of its tasks beside a failure, and throws a lone one as it is', () =>
    testRun(async () => {
      const failure = new Error('real')
      await caught(
        taskGroup(async (group) => {
          for (let i = 0; i < 5; i++) group.spawn(() => sleep(1000))
          await sleep(1)
          fail(failure)
        }),
      )
      expect('suppressed' in failure).toBe(false)
      const scope = new CancelScope()
      let thrown: unknown
      await scope.run(async () => {
        thrown = await caught(
          taskGroup(async (group) => {
            for (let i = 0; i < 5; i++) group.spawn(() => sleep(1000))
            scope.cancel('all')
          }),
        )
      })
      expect(isCancelled(thrown) && thrown.reason).toBe('all')
    }))

  it('injects no cancellation at its end when it has no tasks', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let reached = false
      await scope.run(async () => {
        scope.cancel()
        await taskGroup(async () => {})
        reached = true
      })
      expect([reached, scope.cancelledCaught]).toEqual([true, false])
    }))

  it('inside another: an inner failure goes through the outer one as it is', () =>
    testRun(async () => {
      const failure = new Error('inner')
      const seen: string[] = []
      const thrown = await caught(
        taskGroup(async (outer) => {
          outer.spawn(() => until(() => seen.push('outer task')))
          await taskGroup(async (inner) => {
            inner.spawn(async () => {
              await sleep(1)
              fail(failure)
            })
          })
        }),
      )
      expect(thrown).toBe(failure)
      expect(seen).toEqual(['outer task'])
    }))

  it('inside another is cancelled by an outer failure, which alone is thrown', () =>
    testRun(async () => {
      const failure = new Error('outer')
      const thrown = await caught(
        taskGroup(async (outer) => {
          outer.spawn(async () => {
            await sleep(1)
            fail(failure)
          })
          await taskGroup(async (inner) => {
            inner.spawn(() => sleep(1000))
          })
        }),
      )
      expect(thrown).toBe(failure)
      expect('suppressed' in failure).toBe(false)
    }))

  it('handled in the turn in which the outer one fails leaves the outer error to be thrown', () =>
    testRun(async () => {
      const [inner, outer] = [new Error('inner'), new Error('outer')]
      const thrown = await caught(
        taskGroup(async (group) => {
          group.spawn(() => fail(outer))
          await caught(
            taskGroup(async (nested) => {
              nested.spawn(() => fail(inner))
            }),
          )
        }),
      )
      expect(thrown).toBe(outer)
      await checkpoint()
    }))

  it('may grow while it exits, as long as one of its tasks lives', () =>
    testRun(async () => {
      let count = 0
      await taskGroup(async (group) => {
        const grow = async (): Promise<void> => {
          await sleep(1)
          count += 1
          if (count < 100) group.spawn(grow)
        }
        group.spawn(grow)
      })
      expect(count).toBe(100)
    }))

  it('that grows without end is ended by the first failure', () =>
    testRun(async () => {
      const failure = new Error('enough')
      let count = 0
      const thrown = await caught(
        taskGroup(async (group) => {
          const grow = async (): Promise<void> => {
            count += 1
            if (count === 100) fail(failure)
            group.spawn(grow)
            group.spawn(() => sleep(1000))
          }
          group.spawn(grow)
        }),
      )
      expect([thrown, count]).toEqual([failure, 100])
    }))

  it('refuses a task while it is failing, and after it has ended, and never starts it', () =>
    testRun(async () => {
      let started = false
      let failing: unknown
      let leaked: TaskGroup | undefined
      await caught(
        taskGroup(async (group) => {
          leaked = group
          group.spawn(() =>
            until(() => {
              failing = (() => {
                try {
                  return group.spawn(() => void (started = true))
                } catch (error) {
                  return error
                }
              })()
            }),
          )
          await sleep(1)
          fail(new Error('x'))
        }),
      )
      expect(failing).toBeInstanceOf(MisuseError)
      expect(() => leaked?.spawn(() => void (started = true))).toThrow('the group has ended')
      await sleep(1)
      expect(started).toBe(false)
    }))

  it('whose task throws before any await is cancelled like any other', () =>
    testRun(async () => {
      const failure = new Error('sync')
      const seen: string[] = []
      const thrown = await caught(
        taskGroup(async (group) => {
          group.spawn(() => until(() => seen.push('sibling')))
          group.spawn(() => fail(failure))
        }),
      )
      expect(thrown).toBe(failure)
      expect(seen).toEqual(['sibling'])
    }))

  it('whose body is behind a shield still cancels its tasks', () =>
    testRun(async () => {
      const seen: string[] = []
      await taskGroup(async (group) => {
        group.spawn(() => until(() => seen.push('task')))
        await sleep(1)
        await shield(async () => {
          group.cancel()
          await sleep(5)
          seen.push('body')
        })
      })
      expect(seen).toEqual(['task', 'body'])
    }))

  it('makes its tasks live in its own scopes, not in those of the spawner', () =>
    testRun(async () => {
      const seen: string[] = []
      const scope = new CancelScope()
      await taskGroup(async (group) => {
        await scope.run(async () => {
          group.spawn(async () => {
            await sleep(10)
            seen.push('task')
          })
          scope.cancel()
          await sleep(1)
        })
      })
      expect(seen).toEqual(['task'])
    }))

  it('follows a foreign signal with one listener, and throws its reason on', () =>
    testRun(async () => {
      const controller = new AbortController()
      let listeners = 0
      const add = controller.signal.addEventListener.bind(controller.signal)
      controller.signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners += 1
        add(...args)
      }
      const groups = Array.from({ length: 10 }, () =>
        caught(taskGroup(() => sleep(1000), { signal: controller.signal })),
      )
      await sleep(1)
      controller.abort('over')
      const errors = await Promise.all(groups)
      expect(listeners).toBe(1)
      for (const error of errors) expect(isCancelled(error) && error.reason).toBe('over')
    }))

  it('leaves no listener on a foreign signal that never fires', () =>
    testRun(async () => {
      const controller = new AbortController()
      let listeners = 0
      const { signal } = controller
      const add = signal.addEventListener.bind(signal)
      const remove = signal.removeEventListener.bind(signal)
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners += 1
        add(...args)
      }
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners -= 1
        remove(...args)
      }
      for (let i = 0; i < 100; i++) await taskGroup(async () => i, { signal })
      expect(listeners).toBe(0)
    }))

  it('is cancelled at once by a signal that has aborted, and refuses what is no signal', () =>
    testRun(async () => {
      const error = await caught(taskGroup(() => sleep(1), { signal: AbortSignal.abort('early') }))
      expect(isCancelled(error) && error.reason).toBe('early')
      await expect(taskGroup(() => 1, { signal: {} as never })).rejects.toThrow(
        'taskGroup: signal must be an AbortSignal, got Object (object)',
      )
    }))

  it('forgets its finished tasks: 100 000 of them leave nothing behind', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        for (let i = 0; i < 100; i++) {
          for (let j = 0; j < 1000; j++) group.spawn(() => undefined)
          await sleep(1)
        }
        expect(snapshot(currentScope())).toEqual([])
      })
    }))
})

describe('TaskGroup.cancel', () => {
  it('ends the group without an error, also twice and after its end', () =>
    testRun(async () => {
      let kept: TaskGroup | undefined
      const seen: string[] = []
      await taskGroup(async (group) => {
        kept = group
        group.spawn(() => until(() => seen.push('task')))
        await sleep(1)
        group.cancel()
        group.cancel()
        await sleep(1)
        seen.push('unreachable')
      })
      kept?.cancel()
      expect(seen).toEqual(['task'])
    }))

  it('called by a task before its first await cancels the rest', () =>
    testRun(async () => {
      const start = now()
      await taskGroup(async (group) => {
        group.spawn(() => group.cancel())
        group.spawn(() => sleep(1000))
        await sleep(1000)
      })
      expect(now()).toBe(start)
    }))

  it('leaves the value of a body that had returned', () =>
    testRun(async () => {
      const value = await taskGroup(async (group) => {
        group.spawn(() => sleep(1000))
        await sleep(1)
        group.cancel()
        return 'value'
      })
      expect(value).toBe('value')
    }))
})

describe('openGroup', () => {
  it('joined ends when all its tasks have ended', () =>
    testRun(async () => {
      const seen: string[] = []
      {
        await using group = openGroup()
        group.spawn(async () => {
          await sleep(10)
          seen.push('task')
        })
        await group.join()
        seen.push('joined')
        await group.join()
        expect(() => group.spawn(() => 1)).toThrow('the group has ended')
      }
      expect(seen).toEqual(['task', 'joined'])
    }))

  it('left without join cancels its tasks and awaits them', () =>
    testRun(async () => {
      const seen: string[] = []
      {
        await using group = openGroup()
        group.spawn(() => until(() => seen.push('cleaned up')))
        await sleep(1)
      }
      expect(seen).toEqual(['cleaned up'])
    }))

  it('throws the first failure from join', () =>
    testRun(async () => {
      const failure = new Error('task')
      await using group = openGroup()
      group.spawn(() => fail(failure))
      group.spawn(() => sleep(1000))
      expect(await caught(group.join())).toBe(failure)
    }))

  it('cancelled while it joins cancels its tasks and throws on', () =>
    testRun(async () => {
      const seen: string[] = []
      const owner = spawn(async () => {
        await using group = openGroup()
        group.spawn(() => until(() => seen.push('task')))
        await group.join()
      })
      await sleep(1)
      owner.cancel()
      await owner.settled()
      expect([owner.status, ...seen]).toEqual(['cancelled', 'task'])
    }))

  it('cancelled in its block throws the cancellation once, and the scope around it ends', () =>
    testRun(async () => {
      const seen: unknown[] = []
      const block = async (): Promise<void> => {
        await using group = openGroup()
        group.spawn(() => until(() => seen.push('task')))
        await sleep(1000)
      }
      const result = await moveOnAfter(10, () =>
        block().catch((error: unknown) => {
          seen.push(isCancelled(error))
          throw error
        }),
      )
      expect([result, ...seen]).toEqual([{ timedOut: true }, 'task', true])
    }))

  it('whose task fails in its cleanup throws that, cancelled or not', () =>
    testRun(async () => {
      const failure = new Error('cleanup')
      const result = moveOnAfter(10, async () => {
        await using group = openGroup()
        group.spawn(() => until(() => fail(failure)))
        await sleep(1000)
      })
      expect(await caught(result)).toMatchObject({ name: 'SuppressedError', error: failure })
    }))
})
