import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { moveOnAfter, sleep } from 'corral'
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

  it.runIf(process.platform === 'linux')(
    'ends though its server was killed by others',
    async () => {
      await using server = await openTestPostgres({ url: '' })
      const folder = await dataFolder(server.url)
      const [postmaster = ''] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')
      const status = await readFile(`/proc/${postmaster}/status`, 'utf8')
      const guard = Number(/PPid:\s+(\d+)/.exec(status)?.[1])
      process.kill(guard, 'SIGKILL')
      process.kill(Number(postmaster), 'SIGKILL')
      while (existsSync(`/proc/${guard}`)) await sleep(20)
      await server.stop()
      expect(existsSync(folder)).toBe(true)
    },
  )

  it('gives up when it is cancelled', async () => {
    expect((await moveOnAfter(100, () => openTestPostgres({ url: '' }))).timedOut).toBe(true)
  })
})

async function dataFolder(url: string): Promise<string> {
  await using db = await openPostgres(url)
  return db.value<string>(sql`show data_directory`)
}
