import { sleep, taskGroup } from 'corral'
import { explore } from 'corral/testing'
import { expect, it } from 'vitest'
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
