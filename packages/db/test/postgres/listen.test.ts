import { openSqlite, sql } from '@corral/db'
import type { Notification } from '@corral/db'
import { checkpoint, ClosedError, MisuseError, taskGroup } from 'corral'
import { describe, expect, it } from 'vitest'
import { failure, serve, until } from './serve.ts'

const served = serve({ own: true }) // one test restarts it

const notify = (channel: string, payload: string) => sql`select pg_notify(${channel}, ${payload})`

describe('Database.listen', () => {
  it('tells of what is notified from when it has begun', async () => {
    await using db = await served.open({ max: 1 })
    const heard: Notification[] = []
    for await (const notification of db.listen('one', 'Two "2"')) {
      heard.push(notification)
      if (notification.missed) {
        await db.query(notify('one', 'a'))
        await db.query(notify('other', 'x'))
        await db.query(notify('Two "2"', 'b'))
      } else if (notification.payload === 'b') {
        break
      }
    }
    expect(heard).toEqual([
      { channel: '', payload: '', missed: true },
      { channel: 'one', payload: 'a', missed: false },
      { channel: 'Two "2"', payload: 'b', missed: false },
    ])
  })

  it('loses none of ten thousand, and closes its connection when the loop is left', async () => {
    await using db = await served.open({ max: 1, applicationName: 'listeners' })
    let next = 0
    for await (const { payload, missed } of db.listen('many')) {
      if (missed) {
        await db.query(sql`select pg_notify('many', i::text) from generate_series(0, 9999) i`)
        continue
      }
      expect(payload).toBe(String(next))
      next += 1
      if (next === 10_000) break
    }
    await until(async () => (await served.count('listeners')) === 1)
  })

  it('ends with ClosedError when the database is closed, and is refused after that', async () => {
    const db = await served.open({ max: 1, applicationName: 'closed listeners' })
    await taskGroup(async (group) => {
      let begun = false
      const ended = group.spawn(() =>
        failure(async () => {
          for await (const { missed } of db.listen('late')) begun = missed
        }),
      )
      await until(() => begun)
      await db.close()
      expect(await ended).toBeInstanceOf(ClosedError)
    })
    await until(async () => (await served.count('closed listeners')) === 0)
    expect(await failure(() => db.listen('late').next())).toBeInstanceOf(ClosedError)
  })

  it('ends with ClosedError when the database is closed while it connects', async () => {
    const db = await served.open({ max: 1, applicationName: 'connecting listeners' })
    await taskGroup(async (group) => {
      const ended = group.spawn(() => failure(() => db.listen('late').next()))
      for (let i = 0; i < 5; i++) await checkpoint()
      await db.close()
      expect(await ended).toBeInstanceOf(ClosedError)
    })
    await until(async () => (await served.count('connecting listeners')) === 0)
  })

  it('that is cancelled closes its connection', async () => {
    await using db = await served.open({ max: 1, applicationName: 'cut listeners' })
    await taskGroup(async (group) => {
      let begun = false
      const listening = group.spawn(async () => {
        for await (const { missed } of db.listen('quiet')) begun = missed
      })
      await until(() => begun)
      expect(await served.count('cut listeners')).toBe(2)
      listening.cancel()
    })
    await until(async () => (await served.count('cut listeners')) === 1)
  })

  it('says that some may be missing when its connection was lost, and listens again', async () => {
    await using db = await served.open({ max: 1, applicationName: 'lost listeners' })
    const heard: string[] = []
    let times = 0
    for await (const { payload, missed } of db.listen('lost')) {
      if (payload === 'first') {
        await served.observer.execute(
          sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lost listeners' and query like 'listen%'`,
        )
      }
      if (!missed) {
        heard.push(payload)
        if (payload === 'last') break
        continue
      }
      times += 1
      if (times === 1) {
        await db.query(notify('lost', 'first'))
      } else if (times === 2) {
        await served.postgres.stop()
        await served.postgres.start()
      } else {
        await db.query(notify('lost', 'last'))
      }
    }
    expect(times).toBe(3)
    expect(heard).toEqual(['first', 'last'])
  })

  it('wants a channel, a server, and PostgreSQL', async () => {
    await using db = await served.open({ max: 1 })
    const begin = (from: AsyncGenerator) => async (): Promise<void> => {
      for await (const _ of from) break
    }
    expect((await failure(begin(db.listen()))).code).toBe('MISUSE')
    for (const channel of ['', 'x'.repeat(64), 5, undefined, {}]) {
      expect((await failure(begin(db.listen(channel as string)))).message).toContain(
        '1 to 63 bytes',
      )
    }
    await using sqlite = await openSqlite(':memory:')
    expect(() => sqlite.listen('a')).toThrow(MisuseError)
    await served.postgres.stop()
    expect((await failure(begin(db.listen('a')))).code).toBe('CONNECT')
    await served.postgres.start()
  })
})
