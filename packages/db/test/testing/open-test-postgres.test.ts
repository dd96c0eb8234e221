import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
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

  it('says why the server cannot start again, and starts it when it can', async () => {
    await using server = await openTestPostgres({ url: '' })
    expect((await failure(() => server.start())).message).toContain('stop it first')
    await Promise.all([server.stop(), server.stop()])
    {
      await using other = createServer().listen(Number(new URL(server.url).port), '127.0.0.1')
      await once(other, 'listening')
      const error = await failure(() => server.start())
      expect(error.code).toBe('NO_SERVER')
      expect(error.message).toContain('Address already in use')
    }
    await server.start()
    expect((await failure(() => server.start())).code).toBe('MISUSE')
    await using db = await openPostgres(server.url)
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it('gives up when it is cancelled', async () => {
    expect((await moveOnAfter(100, () => openTestPostgres({ url: '' }))).timedOut).toBe(true)
  })
})

async function dataFolder(url: string): Promise<string> {
  await using db = await openPostgres(url)
  return db.value<string>(sql`show data_directory`)
}
