import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import {
  Cancelled,
  CancelScope,
  checkpoint,
  Future,
  gather,
  isCancelled,
  moveOnAfter,
  now,
  openGroup,
  run,
  shield,
  sleep,
  spawn,
  stream,
  taskGroup,
  timeout,
} from '../../src/index.ts'
import type { Task, TaskGroup } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

async function until(cleanup: () => unknown): Promise<void> {
  try {
    await sleep(1e6)
  } finally {
    await shield(async () => {
      await sleep(50)
      await cleanup()
    })
  }
}

describe('isCancelled', () => {
  it('knows a cancellation that a disposer threw on top of another, so that a loop that catches all ends', () =>
    testRun(async () => {
      let rounds = 0
      const poll = async (): Promise<void> => {
        for (; rounds < 100; rounds++) {
          try {
            await using _connection = { [Symbol.asyncDispose]: () => sleep(1) }
            await sleep(1000)
          } catch (error) {
            if (isCancelled(error)) throw error
          }
        }
      }
      expect([await moveOnAfter(20, poll), rounds]).toEqual([{ timedOut: true }, 0])
    }))

  it('is no failure with a cancellation on top of it', () => {
    const error = new Error('real')
    expect(isCancelled(new SuppressedError(new Cancelled('x'), error))).toBe(false)
    expect(isCancelled(new SuppressedError(new Cancelled('x'), new Cancelled('y')))).toBe(true)
  })

  it('a reason that has no string form is a reason like any other', () =>
    testRun(async () => {
      const reason: unknown = Object.create(null)
      await taskGroup(async (group) => {
        group.spawn(() => group.cancel(reason))
        await sleep(1000)
      })
      expect(new Cancelled(reason).message).toBe('cancelled: object')
    }))
})

describe('TaskGroup.join', () => {
  it('inside the body waits for the tasks, and the group ends as usual', () =>
    testRun(async () => {
      const seen: string[] = []
      await taskGroup(async (group) => {
        group.spawn(() => sleep(10).then(() => seen.push('task')))
        const other = sleep(20) // a wait of the body's own is not given up
        await group.join()
        seen.push('joined')
        await other
      })
      expect(seen).toEqual(['task', 'joined'])
    }))

  it('ends for all who wait, also when the block is left meanwhile', () =>
    testRun(async () => {
      const seen: string[] = []
      const joins: Promise<unknown>[] = []
      {
        await using group = openGroup()
        group.spawn(() => sleep(1000))
        for (const name of ['a', 'b']) joins.push(group.join().then(() => seen.push(name)))
        await sleep(1)
      }
      await Promise.all(joins)
      expect(seen).toEqual(['a', 'b'])
    }))

  it('cancelled from a scope of its own cancels the tasks and awaits them', () =>
    testRun(async () => {
      const seen: string[] = []
      await using group = openGroup()
      group.spawn(() => until(() => seen.push('cleaned up')))
      const start = now()
      await expect(timeout(10, () => group.join())).rejects.toThrow('timed out after 10 ms')
      expect([now() - start, ...seen]).toEqual([60, 'cleaned up'])
    }))

  it('cancelled, throws the failure of a cleanup rather than the cancellation', () =>
    testRun(async () => {
      const failure = new Error('cleanup')
      await using group = openGroup()
      group.spawn(() =>
        until(() => {
          throw failure
        }),
      )
      await expect(timeout(10, () => group.join())).rejects.toBe(failure)
    }))

  it('of no tasks is a checkpoint', () =>
    testRun(async () => {
      const group = openGroup()
      const result = await moveOnAfter(0, async () => {
        await sleep(1).catch(() => {})
        await group.join()
        return 'joined'
      })
      expect(result).toEqual({ timedOut: true })
    }))
})

describe('Task', () => {
  it('that is cancelled has not ended before its children have', () =>
    testRun(async () => {
      const seen: string[] = []
      const task = spawn(async () => {
        spawn(() => until(() => seen.push('child cleaned up')))
        await sleep(1000)
      })
      await sleep(5)
      task.cancel()
      await sleep(1)
      expect(task.status).toBe('cancelling')
      await task.settled()
      seen.push(task.status)
      expect(seen).toEqual(['child cleaned up', 'cancelled'])
    }))

  it('ends however long the chain of tasks is that spawned each other', () =>
    testRun(async () => {
      let last = false
      const step = (n: number): void => {
        if (n > 0) spawn(() => step(n - 1))
        else last = true
      }
      await spawn(() => step(20_000))
      expect(last).toBe(true)
    }))

  it('settled is a checkpoint, also when the task has ended', () =>
    testRun(async () => {
      const task = spawn(() => 1)
      await task
      const result = await moveOnAfter(0, async () => {
        await sleep(1).catch(() => {})
        return task.settled()
      })
      expect(result).toEqual({ timedOut: true })
    }))

  it('follows a foreign promise whose callbacks come from somewhere else', () =>
    testRun(async () => {
      const waiting: ((n: number) => void)[] = []
      class Lazy extends Promise<number> {
        static override get [Symbol.species](): PromiseConstructor {
          return Promise
        }

        override then(ok?: unknown): never {
          waiting.push(ok as (n: number) => void)
          return undefined as never
        }
      }
      const task = spawn(() => new Lazy((resolve) => resolve(1)) as Promise<number>)
      await sleep(1)
      waiting[0]?.(5)
      expect(await task).toBe(5)
    }))

  it.each<[string, (ok: (value: unknown) => void, no: (error: unknown) => void) => void, unknown]>([
    ['throws', () => void JSON.parse('{'), { status: 'rejected' }],
    [
      'settles twice',
      (ok, no) => {
        ok(1)
        no(new Error('late'))
      },
      { status: 'fulfilled', value: 1 },
    ],
    ['gives a promise', (ok) => ok(Promise.resolve(2)), { status: 'fulfilled', value: 2 }],
  ])('follows a thenable whose then %s', (_, then, outcome) =>
    testRun(async () => {
      const settled = await taskGroup(async (group) =>
        group.spawn(() => ({ then }) as never).settled(),
      ).catch(() => ({ status: 'rejected' }))
      expect(settled).toMatchObject(outcome as object)
    }),
  )

  it('waits for a group that its body forgot', () =>
    testRun(async () => {
      const seen: string[] = []
      await spawn(async () => {
        void gather([() => until(() => seen.push('cleaned up'))]).catch(() => {})
        await sleep(1)
        seen.push('body')
      })
      expect(seen).toEqual(['body', 'cleaned up'])
    }))

  it('waits for a group that was forgotten in a scope inside of it', async () => {
    const seen: string[] = []
    const cleanUp = async (): Promise<void> => {
      try {
        await sleep(1e6)
      } finally {
        await shield(async () => {
          for (let i = 0; i < 100; i++) await Promise.resolve()
          seen.push('cleaned up')
        })
      }
    }
    await run(
      () =>
        spawn(async () => {
          await timeout(1e6, async () => {
            void gather([cleanUp]).catch(() => {})
            for (let i = 0; i < 10; i++) await Promise.resolve()
          })
          seen.push('body')
        }),
      { handleSignals: false },
    )
    expect(seen).toEqual(['cleaned up', 'body'])
  })
})

describe('run', () => {
  it('cancels what is spawned by main after it has returned', async () => {
    let late: Task<void> | undefined
    await run(
      async () => {
        const asMain = AsyncLocalStorage.snapshot()
        spawn(async () => {
          try {
            await sleep(1e6)
          } finally {
            late = asMain(() => spawn(() => sleep(1e6))) // a callback of main's, say
          }
        })
        await checkpoint()
      },
      { handleSignals: false },
    )
    expect(late?.status).toBe('cancelled')
  })
})

describe('a scope that is handed to a body', () => {
  it('cancelled by hand moves on, and is no value', () =>
    testRun(async () => {
      const cut = async (scope: CancelScope): Promise<string> => {
        scope.cancel('by hand')
        await sleep(1)
        return 'value'
      }
      expect(await moveOnAfter(1000, cut)).toEqual({ timedOut: true })
      await expect(timeout(1000, cut)).rejects.toThrow('cancelled: by hand')
      await expect(shield(cut)).rejects.toThrow('cancelled: by hand')
    }))

  it('of a group tells that its cancellation ended there', () =>
    testRun(async () => {
      let scope: CancelScope | undefined
      await taskGroup(async (group) => {
        scope = group.scope
        group.cancel()
        await sleep(1)
      })
      expect([scope?.cancelCalled, scope?.cancelledCaught]).toEqual([true, true])
    }))

  it('is not handed to thunks, whose optional parameters are their own', () =>
    testRun(async () => {
      const listUsers = async (page?: number): Promise<number> => page ?? 1
      expect(await gather([listUsers])).toEqual([1])
    }))
})

describe('taskGroup', () => {
  it('cancelled by hand gives its value, whatever a signal says later', () =>
    testRun(async () => {
      const controller = new AbortController()
      const value = await taskGroup(
        async (group) => {
          group.spawn(() => until(() => undefined))
          await sleep(1)
          group.cancel('by hand')
          controller.abort('later')
          return 'value'
        },
        { signal: controller.signal },
      )
      expect(value).toBe('value')
    }))

  it('keeps what the engine had suppressed already', () =>
    testRun(async () => {
      const work = taskGroup(async (group) => {
        group.spawn(() =>
          until(() => {
            throw new Error('later')
          }),
        )
        group.spawn(async () => {
          await sleep(1)
          using _resource = {
            [Symbol.dispose]() {
              throw new Error('dispose')
            },
          }
          throw new Error('body')
        })
      })
      await expect(work).rejects.toMatchObject({
        error: { message: 'dispose' },
        suppressed: [{ message: 'body' }, { message: 'later' }],
      })
    }))

  it('is left alone by a starter that says so while its caller is cancelled', () =>
    testRun(async () => {
      const seen: string[] = []
      await taskGroup(async (group) => {
        await moveOnAfter(5, () =>
          group.start(async (started) => {
            try {
              await sleep(1000)
            } finally {
              started(1)
            }
          }),
        )
        await sleep(20)
        seen.push('the group goes on')
      })
      expect(seen).toEqual(['the group goes on'])
    }))
})

describe('sleep', () => {
  it.each(['2000', null, true, [], 5n])('refuses %o', (ms) =>
    testRun(async () => {
      await expect(sleep(ms as never)).rejects.toThrow('sleep: ms must be')
    }),
  )
})

describe('loops of calls that never wait', () => {
  let done: Task<number>
  it.each<[string, () => Promise<unknown>]>([
    ['Task.settled', () => done.settled()],
    ['gather', () => gather([() => 1])],
    ['taskGroup', () => taskGroup(async () => 1)],
    ['timeout', () => timeout(1000, async () => 1)],
    ['shield', () => shield(async () => 1)],
    ['moveOnAfter', () => moveOnAfter(1000, async () => 1)],
    ['TaskGroup.join', () => openGroup().join()],
  ])('%s lets timers have their turn', async (_, call) => {
    await run(
      async () => {
        done = spawn(() => 1)
        const timer = { rang: false }
        setTimeout(() => {
          timer.rang = true
        }, 1)
        for (let rounds = 0; !timer.rang && rounds < 1e6; rounds++) await call()
        expect(timer.rang).toBe(true)
        await checkpoint()
      },
      { handleSignals: false },
    )
  })
})

describe('what comes in the turn in which a group ends', () => {
  const kinds = [
    'taskGroup',
    'joined in its body',
    'openGroup',
    'openGroup whose join is cancelled',
  ] as const
  type Kind = (typeof kinds)[number]

  /** A task that somebody outside gives to the group as soon as the first one of the group has ended, some turns later. */
  async function late(turns: number, kind: Kind): Promise<readonly string[]> {
    const log: string[] = []
    await taskGroup(async (outer) => {
      const given = new Future<readonly [TaskGroup, Task<void>]>()
      outer.spawn(async () => {
        if (kind === 'taskGroup') {
          await taskGroup(async (group) => {
            given.resolve([group, group.spawn(() => sleep(10))])
          })
        } else if (kind === 'joined in its body') {
          await taskGroup(async (group) => {
            given.resolve([group, group.spawn(() => sleep(10))])
            await group.join()
            log.push('the group has ended')
          })
          return
        } else {
          const group = openGroup()
          given.resolve([group, group.spawn(() => sleep(10))])
          if (kind === 'openGroup') await group.join()
          else await moveOnAfter(5, () => group.join())
        }
        log.push('the group has ended')
      })
      outer.spawn(async () => {
        const [group, first] = await given.wait()
        try {
          await first
        } catch {
          // cancelled with its group
        }
        for (let turn = 0; turn < turns; turn++) await Promise.resolve()
        try {
          group.spawn(async () => {
            let wasCut = kind !== 'openGroup whose join is cancelled'
            try {
              await sleep(1)
              wasCut = false
            } finally {
              await shield(() => sleep(5))
              log.push(wasCut ? 'the late one was cut' : 'the late one has ended')
            }
          })
        } catch (error) {
          log.push((error as Error).name)
        }
      })
    })
    return log
  }

  it.each(kinds)('%s: is refused, or ends before it does', async (kind) => {
    const tryAll = async (): Promise<void> => {
      for (let turns = 0; turns < 20; turns++) {
        const log = await late(turns, kind)
        expect([
          ['the late one has ended', 'the group has ended'],
          ['MisuseError', 'the group has ended'],
          ['the group has ended', 'MisuseError'],
        ]).toContainEqual(log)
      }
    }
    await testRun(tryAll)
    await run(tryAll, { handleSignals: false })
  })
})

describe('a group that was joined in its own body', () => {
  it('takes no task any more, and none goes past it to the scope around', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        group.spawn(() => sleep(1))
        await group.join()
        expect(() => spawn(() => sleep(50))).toThrow('spawn: the group has ended')
        expect(await gather([() => sleep(1), () => 2])).toEqual([undefined, 2])
      })
    }))

  it('is not joined by one of its tasks, which would wait for itself', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        const task = group.spawn(
          () =>
            timeout(100, async () => {
              await expect(group.join()).rejects.toThrow('worker is a task of the group')
              await expect(taskGroup(() => group.join())).rejects.toThrow('would wait for itself')
            }),
          { name: 'worker' },
        )
        await task
        await group.join() // but by its body
      })
    }))
})

describe('what was begun and not awaited', () => {
  it.each<[string, (work: () => Promise<void>) => unknown]>([
    ['a timeout', (work) => timeout(1000, work)],
    ['a moveOnAfter', (work) => moveOnAfter(1000, work)],
    ['a group', (work) => taskGroup(work)],
    ['a gather', (work) => gather([work])],
    ['a timeout in a timeout', (work) => timeout(1000, () => timeout(500, work))],
    [
      'a timeout forgotten in a timeout',
      (work) => timeout(1000, async () => void timeout(500, work)),
    ],
  ])('%s is cancelled, and its cleanup has ended before the scope around it', (_, begin) =>
    testRun(async () => {
      const log: string[] = []
      for (const around of [
        (body: () => Promise<void>) => spawn(body).settled(),
        (body: () => Promise<void>) => taskGroup(body),
        (body: () => Promise<void>) => run(body, { handleSignals: false }),
      ]) {
        await around(async () => {
          void Promise.resolve(begin(() => until(() => log.push('cleaned up')))).catch(() => {})
          await sleep(1)
        })
        log.push('ended')
      }
      expect(log).toEqual(['cleaned up', 'ended', 'cleaned up', 'ended', 'cleaned up', 'ended'])
    }),
  )

  it.each([
    ['by nobody', false],
    ['by somebody who is not awaited', true],
  ])('a stream that is pulled %s is closed', (_, isPulled) =>
    run(
      async () => {
        for (const begin of [
          (body: () => Promise<void>): Promise<unknown> => taskGroup(body),
          (body: () => Promise<void>): Promise<unknown> => moveOnAfter(1e5, body),
        ]) {
          let closed = false
          const walk = async (): Promise<void> => {
            const numbers = stream(
              (async function* () {
                try {
                  for (let i = 0; ; i++) {
                    yield i
                    await sleep(1000)
                  }
                } finally {
                  closed = true
                }
              })(),
            )[Symbol.asyncIterator]()
            await numbers.next()
            if (isPulled) void numbers.next().catch(() => {})
            await sleep(3)
          }
          await spawn(() => begin(walk)) // at the latest by the end of the task
          expect(closed).toBe(true)
        }
      },
      { handleSignals: false },
    ),
  )

  it('a shield goes on to its end', () =>
    testRun(async () => {
      const log: string[] = []
      await taskGroup(async () => {
        void shield(async () => {
          await sleep(50)
          log.push('flushed')
        })
      })
      log.push('ended')
      expect(log).toEqual(['flushed', 'ended'])
    }))

  it('an open group whose task has failed says so, once', async () => {
    const told: unknown[] = []
    const tell = (error: unknown): unknown => told.push(error)
    process.on('unhandledRejection', tell)
    const failure = new Error('nobody joins')
    await run(
      async () => {
        openGroup().spawn(() => Promise.reject(failure))
        await sleep(1)
      },
      { handleSignals: false },
    )
    await new Promise((done) => void setTimeout(done, 5))
    process.off('unhandledRejection', tell)
    expect(told).toEqual([failure])
  })
})

describe('Task', () => {
  it('cancelled within a group that was cancelled keeps the first reason', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        const task = group.spawn(() => sleep(1000))
        await sleep(1)
        group.cancel('first')
        expect(task.cancel('second')).toBe(false)
        await expect(shield(() => task)).rejects.toThrow('first')
      })
    }))

  it('whose then has no second function is no unhandled rejection when it is cancelled', () =>
    testRun(async () => {
      await taskGroup(async (group) => {
        const [one, other] = [group.spawn(() => sleep(1000)), group.spawn(() => sleep(1000))]
        void one.then(() => {})
        void other.then(() => {})
        await sleep(1)
        one.cancel()
        await sleep(1)
        group.cancel()
        expect(await one.settled()).toMatchObject({ status: 'rejected' }) // testRun fails for a rejection that nobody handles
      })
    }))
})

describe('CancelScope', () => {
  it('takes an undefined deadline for none', () =>
    testRun(async () => {
      const scope = new CancelScope({ deadline: undefined } as never)
      expect(await scope.run(() => sleep(5).then(() => 'done'))).toBe('done')
    }))
})
