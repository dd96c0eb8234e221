import { Event, Lock, moveOnAfter, Pool, Queue, sleep, spawn, taskGroup } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { describeStuck } from '../../src/stuck/describe-stuck.ts'
import type { StuckReport } from '../../src/stuck/find-stuck.ts'
import { Lookout } from '../../src/stuck/stuck.ts'
import { currentRoot } from '../../src/tree.ts'
import { watch } from '../../src/watch.ts'

/** Looks at a program every second of its time, and returns what was said. */
async function watched(program: () => Promise<void>, after = 5000): Promise<string[]> {
  const said: string[] = []
  await testRun(async () => {
    const lookout = new Lookout(currentRoot(), after, (it) => said.push(describeStuck(it)))
    const looking = spawn(async () => {
      for (;;) {
        await sleep(1000)
        lookout.look()
      }
    })
    await program()
    looking.cancel()
  })
  return said
}

describe('stuck', () => {
  test('tells once of all who wait too long for the same, with the holders', async () => {
    const said = await watched(async () => {
      const pool = new Pool({ name: 'db', max: 1, create: () => ({}), destroy: () => {} })
      await taskGroup((group) => {
        group.spawn(() => pool.use(() => sleep(20_000)), { name: 'report' })
        for (let i = 1; i <= 50; i++) {
          group.spawn(
            async () => {
              await sleep(1)
              await pool.use(() => sleep(0))
            },
            { name: `req#${i}` },
          )
        }
      })
    })
    expect(said).toEqual(['corral: waits: req ×50: Pool.acquire db, longest 6.0 s, held by report'])
  })

  test('tells again when it was over and begins anew', async () => {
    const said = await watched(async () => {
      const lock = new Lock({ name: 'accounts' })
      for (let i = 0; i < 2; i++) {
        await taskGroup((group) => {
          group.spawn(() => lock.use(() => sleep(10_000)), { name: 'writer' })
          group.spawn(() => lock.use(() => {}), { name: 'reader' })
        })
      }
    })
    expect(said).toHaveLength(2)
  })

  test('names two of 10 000 tasks that wait for each other, at once and once', async () => {
    const said = await watched(async () => {
      const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })]
      await taskGroup(async (group) => {
        for (let i = 0; i < 10_000; i++) group.spawn(() => sleep(15_000), { name: `req#${i}` })
        for (const [name, first, second] of [
          ['transfer#1', a, b],
          ['transfer#2', b, a],
        ] as const) {
          group.spawn(
            () =>
              first.use(async () => {
                await sleep(10)
                await second.use(() => {})
              }),
            { name },
          )
        }
        await sleep(14_000)
        group.cancel()
      })
    }, 2000)
    expect(said).toEqual([
      'corral: stuck for good: transfer#1 → Lock.acquire b (held by transfer#2) → Lock.acquire a (held by transfer#1)',
    ])
  })

  test('says nothing of a circle that a deadline will end', async () => {
    const said = await watched(async () => {
      const [a, b] = [new Lock(), new Lock()]
      const cross = (first: Lock, second: Lock) => (): Promise<void> =>
        first.use(async () => {
          await sleep(10)
          await moveOnAfter(3000, () => second.use(() => {}))
        })
      await taskGroup((group) => {
        group.spawn(cross(a, b))
        group.spawn(cross(b, a))
      })
    }, 4000)
    expect(said).toEqual([])
  })

  test('says nothing of those who wait for work, for time and for children', async () => {
    const said = await watched(async () => {
      const queue = new Queue<number>()
      const worker = spawn(() => queue.get())
      await taskGroup((group) => void group.spawn(() => sleep(60_000)))
      worker.cancel()
    })
    expect(said).toEqual([])
  })

  test('tells of an event that nobody sets', async () => {
    const said = await watched(async () => {
      const event = new Event({ name: 'ready' })
      const waiter = spawn(() => event.wait(), { name: 'client' })
      await sleep(20_000)
      waiter.cancel()
    })
    expect(said).toEqual(['corral: waits: client: Event.wait ready, 5.0 s'])
  })

  test('tells of a queue that only grows, until it has shrunk', async () => {
    const said = await watched(async () => {
      const orders = new Queue<number>()
      using _ = watch('orders', orders)
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 20_000; i += 100) {
          for (let n = 0; n < 5; n++) await orders.put(n)
          await sleep(100)
        }
        while (orders.size > 0) await orders.get()
        await sleep(2000)
      }
    })
    expect(said).toHaveLength(2)
    expect(said[0]).toMatch(/^corral: grows: orders holds \d+ and only grows$/)
  })

  test('says nothing of a queue that its readers keep up with', async () => {
    const said = await watched(async () => {
      const orders = new Queue<number>()
      using _ = watch('orders', orders)
      for (let i = 0; i < 20_000; i += 10) {
        await orders.put(i)
        if (orders.size > 400) while (orders.size > 100) await orders.get()
        await sleep(10)
      }
    })
    expect(said).toEqual([])
  })

  test('shows names without what a terminal would obey', () => {
    const task = { id: 1, name: '\u001b[2J', kind: 'Lock.acquire', resource: 'a\nb', heldBy: [] }
    const it: StuckReport = {
      why: 'waits',
      certain: false,
      name: '\u001b[2J',
      kind: 'Lock.acquire',
      resource: 'a\nb',
      count: 1,
      tasks: [task],
      longest: 1000,
    }
    expect(describeStuck(it)).toBe('corral: waits: \\x1b[2J: Lock.acquire a\\x0ab, 1.0 s')
  })
})
