import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { now, sleep, taskGroup } from 'corral'
import { explore, testRun } from 'corral/testing'
import { expect, it, onTestFinished } from 'vitest'
import { job, memoryStore, openJobs } from '../../src/index.ts'

it('Worker ends a job once, in whatever order it is cancelled, lost, or ended', async () => {
  const { schedules } = await explore(
    async () => {
      const factory = memoryStore()
      await using jobs = await openJobs(factory)
      const ends: string[] = []
      let running = 0
      const work = job('work', async (ms: number) => {
        running += 1
        try {
          await sleep(ms)
        } finally {
          running -= 1
        }
      })
      await taskGroup(async (group) => {
        const worker = group.spawn(() =>
          jobs.work([work], {
            concurrency: 2,
            onEvent({ type }) {
              if (type !== 'started') ends.push(type)
            },
          }),
        )
        const handle = await jobs.add(work, 10)
        group.spawn(async () => {
          await sleep(10)
          await handle.cancel()
        })
        group.spawn(async () => {
          await sleep(10)
          await jobs.store.reclaim(() => true)
        })
        while (['ready', 'running'].includes((await handle.info()).state)) await sleep(1)
        worker.cancel()
      })
      expect(running).toBe(0)
      const [info] = await jobs.list()
      expect(['done', 'cancelled']).toContain(info?.state)
      expect(ends.filter((type) => type === 'done' || type === 'cancelled').length).toBeLessThan(2)
    },
    { budget: 200, lateness: 20 },
  )
  expect(schedules).toBeGreaterThan(1)
})

it('Worker takes over the jobs of one that has crashed when its patience is over, and not later', async () => {
  await testRun(async () => {
    await using jobs = await openJobs(memoryStore())
    const begun: number[] = []
    const work = job('work', () => void begun.push(now()))
    const { id } = await jobs.add(work, undefined)
    const dead = await jobs.store.join({ id: 'dead', host: 'here', pid: 1, lease: 3300 })
    const sources = [{ kind: 'work', queue: 'work' }]
    await jobs.store.claim({ worker: 'dead', claim: 'dead:1', sources, room: 1 })
    await dead.crash()
    await taskGroup(async (group) => {
      const worker = group.spawn(() => jobs.work([work]))
      await sleep(100)
      await jobs.pause('other') // a hint: it looks once more, and from then on knows when to
      await jobs.handle(id).result()
      worker.cancel()
    })
    expect(begun).toHaveLength(1)
    expect(begun[0]).toBeGreaterThanOrEqual(3300)
    expect(begun[0]).toBeLessThan(3310)
  })
})

it('Worker publishes what happens on corral:jobs.event', async () => {
  const published: unknown[] = []
  const note = (event: unknown): void => void published.push(event)
  subscribe('corral:jobs.event', note)
  onTestFinished(() => void unsubscribe('corral:jobs.event', note))
  await testRun(async () => {
    await using jobs = await openJobs(memoryStore())
    const mail = job('mail', () => sleep(30))
    await taskGroup(async (group) => {
      const worker = group.spawn(() => jobs.work([mail]))
      await (await jobs.add(mail, undefined)).result()
      await sleep(1)
      worker.cancel()
    })
  })
  expect(published).toEqual([
    { type: 'started', id: expect.any(String), kind: 'mail', waited: expect.any(Number) },
    { type: 'done', id: expect.any(String), kind: 'mail', took: 30 },
  ])
})
