import { moveOnAfter } from 'corral'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../postgres/serve.ts'

describe('openTestPostgres', () => {
  it('starts a server, makes databases on a given one, and leaves nothing', async () => {
    let [ours, given] = ['', '']
    {
      await using server = await openTestPostgres({ url: '' })
      ours = server.url
      expect(server.owned).toBe(true)
      {
        await using database = await openTestPostgres({ url: ours })
        given = database.url
        expect(database.owned).toBe(false)
        await expect(database.stop()).rejects.toThrow('stop only what was started')
        await using db = await openPostgres(given)
        expect(await db.value(sql`select current_database()`)).toMatch(/^corral_[0-9a-f]{16}$/)
      }
      await using db = await openPostgres(ours)
      expect(
        await db.value(sql`select count(*)::int from pg_database where datname like 'corral%'`),
      ).toBe(0)
    }
    expect((await failure(() => openPostgres(ours))).code).toBe('CONNECT')
  })

  it('gives up when it is cancelled', async () => {
    expect((await moveOnAfter(100, () => openTestPostgres({ url: '' }))).timedOut).toBe(true)
  })
})
