import { Pool, Queue, sleep, taskGroup } from 'corral'
import { testRun } from 'corral/testing'
import { register, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { metrics } from '../src/prometheus.ts'
import { watch } from '../src/watch.ts'

describe('metrics', () => {
  test('count tasks by the stem of their names, waits, and what is watched', async () => {
    const registry = new Registry()
    let text = ''
    await testRun(async () => {
      using _ = metrics({ registry, watchdog: { up: true, blocks: 3 } as never })
      const pool = new Pool({ name: 'db', max: 2, create: () => ({}), destroy: () => {} })
      using _watching = watch('db', pool)
      await taskGroup(async (group) => {
        for (let i = 0; i < 5; i++) {
          group.spawn(() => pool.use(() => sleep(60_000)), { name: `req#${i}` })
        }
        await sleep(3000)
        text = await registry.metrics()
        group.cancel()
      })
    })
    for (const line of [
      'corral_tasks{name="req"} 5',
      'corral_waiting{kind="Pool.acquire",resource="db"} 3',
      'corral_longest_wait_seconds{kind="Pool.acquire",resource="db"} 3',
      'corral_resource_capacity{resource="db"} 2',
      'corral_resource_held{resource="db"} 2',
      'corral_resource_waiting{resource="db"} 3',
      'corral_watchdog_up 1',
      'corral_watchdog_blocks 3',
    ]) {
      expect(text).toContain(`${line}\n`)
    }
    expect(text).toMatch(/corral_loop_delay_seconds\{quantile="0.99"\} [\d.e-]+\n/)
    expect(registry.getMetricsAsArray()).toEqual([])
    expect(register.getMetricsAsArray()).toEqual([])
  })

  test('are at most 1 000 series, whatever tasks and resources are called', async () => {
    const registry = new Registry()
    let text = ''
    await testRun(async () => {
      using _ = metrics({ registry })
      const letters = (i: number): string => i.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')
      using watching = new DisposableStack()
      for (let i = 0; i < 100; i++) watching.use(watch(letters(i), new Queue({ capacity: 1 })))
      await taskGroup(async (group) => {
        for (let i = 0; i < 3000; i++) {
          const queue = new Queue<number>({ name: letters(i) })
          group.spawn(() => queue.get(), { name: letters(i) })
        }
        group.spawn(() => sleep(60_000), { name: '"\u001b[31m\n}' })
        await sleep(1)
        text = await registry.metrics()
        group.cancel()
      })
    })
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(series.length).toBeLessThanOrEqual(1000)
    expect(text).toMatch(/corral_tasks\{name="other"\} 2[56]\d\d\n/)
    expect(text).not.toContain('\u001b')
  })

  test('forget a block of the event loop once it was told', async () => {
    const registry = new Registry()
    using _ = metrics({ registry })
    const max = async (): Promise<number> =>
      Number(/loop_delay_seconds\{quantile="1"\} (\S+)/.exec(await registry.metrics())?.[1])
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await turns()
    for (const end = performance.now() + 800; performance.now() < end;);
    await turns()
    const blocked = await max()
    expect(blocked).toBeGreaterThan(0.5)
    await turns()
    expect(await max()).toBeLessThan(blocked)
  })
})
