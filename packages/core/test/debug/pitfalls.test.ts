import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { pitfalls } from '../../src/debug/pitfalls.ts'
import {
  CancelScope,
  checkpoint,
  currentTask,
  moveOnAfter,
  gatherSettled,
  Queue,
  run,
  select,
  shield,
  SingleFlight,
  sleep,
  spawn,
  supervisor,
  taskGroup,
  throwIfCancelled,
  timeout,
} from '../../src/index.ts'
import { instrument } from '../../src/lowlevel.ts'
import { testRun } from '../../src/testing.ts'

/** What is found while `main` runs, as `CODE task`. */
async function findings(
  main: () => Promise<unknown>,
  inWorld: (main: () => Promise<unknown>) => Promise<unknown> = testRun,
): Promise<string[]> {
  const found: string[] = []
  const off = instrument(pitfalls((code, task) => found.push(`${code} ${task.name}`)))
  try {
    await inWorld(main)
  } finally {
    off()
  }
  return found
}

/** Runs `body` in a task called `it`, which is cancelled meanwhile. */
async function cancelled(body: () => Promise<unknown>): Promise<void> {
  const task = spawn(body, { name: 'it' })
  await sleep(1)
  task.cancel()
  await task.settled()
}

describe('pitfalls', () => {
  it('finds a task that caught its cancellation and returned a value', async () => {
    const found = await findings(() => cancelled(() => sleep(1000).catch(() => 'ignored')))
    expect(found).toEqual(['SWALLOWED it'])
  })

  it('finds one whose group was cancelled, and one that swallowed it in a scope of its own', async () => {
    const found = await findings(async () => {
      await taskGroup(async (group) => {
        group.spawn(() => sleep(1000).catch(() => {}), { name: 'of the group' })
        await sleep(1)
        group.cancel()
      })
      await cancelled(() => new CancelScope().run(() => sleep(1000).catch(() => {})))
    })
    expect(found).toEqual(['SWALLOWED of the group', 'SWALLOWED it'])
  })

  it('finds a scope whose work caught its cancellation, wherever it was caught, once', async () => {
    const deaf = (): Promise<unknown> => sleep(1000).catch(() => {})
    const found = await findings(async () => {
      await moveOnAfter(1, () => deaf())
      await timeout(1, () => moveOnAfter(100, deaf)).catch(() => {})
      await taskGroup(async (group) => {
        group.spawn(async () => group.cancel())
        await deaf()
      })
    })
    expect(found).toEqual(['SWALLOWED main', 'SWALLOWED main', 'SWALLOWED main'])
  })

  it('says nothing of a scope that absorbs, of an error in place of it, nor of a default after a timeout', async () => {
    const found = await findings(async () => {
      await moveOnAfter(1, () => sleep(1000).catch(() => fail())).catch(() => {})
      await moveOnAfter(5, () => timeout(1, () => sleep(1000)).catch(() => 'default'))
      await taskGroup(async (group) => {
        await moveOnAfter(1, () => sleep(1000))
        group.cancel()
      })
    })
    expect(found).toEqual([])
  })

  it('finds a wait in the cleanup of what was cancelled, also in a function that it calls', async () => {
    const close = async (): Promise<void> => {
      await Promise.resolve()
      await sleep(1)
    }
    const found = await findings(async () => {
      for (const cleanup of [close, () => sleep(1), () => checkpoint()]) {
        await cancelled(async () => {
          try {
            await timeout(2000, () => sleep(1000))
          } finally {
            await cleanup()
          }
        })
      }
    })
    expect(found).toEqual(['UNSHIELDED it', 'UNSHIELDED it', 'UNSHIELDED it'])
  })

  it('does not take a wait beside the one that was cut short for cleanup', async () => {
    const found = await findings(() =>
      cancelled(() => {
        const beside = async (): Promise<void> => {
          for (let turn = 0; turn < 20; turn++) await Promise.resolve()
          await sleep(1)
        }
        const another = async (): Promise<void> => {
          await sleep(1)
          await beside()
        }
        return Promise.allSettled([sleep(1000), another()])
      }),
    )
    expect(found).toEqual(['SWALLOWED it'])
  })

  it('says nothing of a task that lets it pass, cleans up first, or fails in its cleanup', async () => {
    const found = await findings(async () => {
      await cancelled(() => sleep(1000))
      await cancelled(async () => {
        try {
          await sleep(1000)
        } finally {
          await shield(() => sleep(1))
        }
      })
      await gatherSettled([() => cancelled(() => sleep(1000).catch(() => fail()))])
    })
    expect(found).toEqual([])
  })

  it('finds a task that swallows what throws at once: a wait in a cancelled scope, a checkpoint, throwIfCancelled', async () => {
    const late = (wait: () => unknown) => async (): Promise<void> => {
      const turns = Promise.resolve().then(() => {})
      await turns // something foreign, meanwhile it is cancelled
      try {
        await wait()
      } catch {
        // taken for some other failure
      }
    }
    const found = await findings(async () => {
      for (const wait of [() => sleep(1), checkpoint, throwIfCancelled]) {
        const task = spawn(late(wait), { name: wait.name || 'wait' })
        task.cancel()
        await task.settled()
      }
    })
    expect(found).toEqual(['SWALLOWED wait', 'SWALLOWED checkpoint', 'SWALLOWED throwIfCancelled'])
  })

  it('says nothing of what is shielded, whatever is cancelled inside the shield', async () => {
    const found = await findings(async () => {
      await cancelled(() => shield(() => moveOnAfter(5, () => sleep(10))))
      await cancelled(() => shield(() => select([() => sleep(5), () => sleep(10)])))
    })
    expect(found).toEqual([])
  })

  it('says nothing of a handler that is told of a failure, or of work for an owner that has ended', async () => {
    const found = await findings(async () => {
      const fail = (): never => {
        throw new Error('expected')
      }
      const onError = (): void => void currentTask()
      await supervisor(async (group) => void group.spawn(fail), { onError })
      const flights = await spawn(async () => ({ use: new SingleFlight<string, number>() }))
      await flights.use.run('key', async () => 1)
    })
    expect(found).toEqual([])
  })

  it('says nothing of a scope that was cancelled inside the task, nor of a case that was not taken', async () => {
    const found = await findings(async () => {
      await moveOnAfter(1, () => sleep(1000))
      const queue = new Queue<number>()
      queue.tryPut(1)
      await select({ item: () => queue.get(), nap: () => sleep(1000) })
    })
    expect(found).toEqual([])
  })

  it('finds a wait that was begun and not awaited', async () => {
    const forget = async (): Promise<void> => {
      sleep(1000).catch(() => {})
      await sleep(1)
    }
    const found = await findings(() => Promise.resolve(spawn(forget)), run)
    expect(found).toEqual(['FORGOTTEN forget'])
  })

  it('finds a callback that calls when its task has ended, once, and whatever scope it was made in', async () => {
    const found = await findings(async () => {
      const calls: (() => void)[] = []
      const keep = (): number => calls.push(AsyncLocalStorage.bind(() => void currentTask()))
      await spawn(async () => void keep(), { name: 'gone' })
      await spawn(() => moveOnAfter(10, async () => keep()), { name: 'gone with its scope' })
      for (const call of [...calls, ...calls]) call()
    })
    expect(found).toEqual(['OUTLIVED gone', 'OUTLIVED gone with its scope'])
  })

  it('says nothing of a callback in a scope that has ended while its task lives', async () => {
    const found = await findings(async () => {
      let call = (): void => {}
      await moveOnAfter(10, async () => {
        call = AsyncLocalStorage.bind(() => void currentTask())
      })
      call()
    })
    expect(found).toEqual([])
  })
})

function fail(): never {
  throw new Error('cleanup')
}
