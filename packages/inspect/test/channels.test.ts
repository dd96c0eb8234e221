import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Lock, sleep, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { publishTasks } from '../src/channels.ts'

describe('publishTasks', () => {
  test('publishes tasks and waits to those who subscribe', async () => {
    const seen: string[] = []
    const tell = (message: unknown, name: string | symbol): void =>
      void seen.push(`${String(name)} ${JSON.stringify(message)}`)
    const channels = [
      'corral:task.spawned',
      'corral:task.ended',
      'corral:wait.began',
      'corral:wait.ended',
    ]
    await testRun(async () => {
      using _ = publishTasks()
      const lock = new Lock({ name: 'accounts' })
      await lock.use(async () => {
        for (const channel of channels) subscribe(channel, tell)
        const task = spawn(() => lock.use(() => {}), { name: 'reader' })
        await sleep(1)
        task.cancel()
        await task.settled()
        for (const channel of channels) unsubscribe(channel, tell)
      })
    })
    expect(seen).toContain(
      'corral:task.spawned {"id":2,"name":"reader","status":"pending","parent":1}',
    )
    expect(seen).toContain(
      'corral:wait.began {"task":2,"kind":"Lock.acquire","resource":"accounts","state":"waiting"}',
    )
    expect(seen).toContain(
      'corral:wait.ended {"task":2,"kind":"Lock.acquire","resource":"accounts","state":"cancelled"}',
    )
    expect(seen).toContain('corral:task.ended {"id":2,"name":"reader","status":"cancelled"}')
  })
})
