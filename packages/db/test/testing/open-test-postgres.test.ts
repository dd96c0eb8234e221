import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CancelScope, moveOnAfter, sleep, taskGroup } from 'corral'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { describe, expect, it } from 'vitest'
import { failure, stall, until } from '../postgres/serve.ts'

const program = fileURLToPath(new URL('leaving-program.ts', import.meta.url))

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

  it('ends a server that is cancelled when it has only begun, and is deaf to signals', async () => {
    await using server = await openTestPostgres({ url: '' })
    await server.stop()
    for (let ms = 1; ms < 60; ms += 3) {
      if (!(await moveOnAfter(ms, () => server.start())).timedOut) await server.stop()
    }
    await server.start()
    await using db = await openPostgres(server.url)
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it('leaves no database behind on a given server, also when it is cancelled as it is made', async () => {
    await using server = await openTestPostgres({ url: '' })
    await using db = await openPostgres(server.url)
    const count = sql`select count(*)::int from pg_database where datname like 'corral%'`
    const creating = sql`select count(*)::int from pg_stat_activity where query like 'create database%'`
    await using closed = await openTestPostgres({ url: server.url })
    await closed[Symbol.asyncDispose]()
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      group.spawn(() => scope.run(() => openTestPostgres({ url: server.url })))
      await until(async () => (await db.value<number>(creating)) > 0)
      stall(2000) // it is made, and we have not read the answer
      scope.cancel()
    })
    expect(await db.value(count)).toBe(0)
  })

  it.runIf(process.platform === 'linux')(
    'leaves nothing behind when the program ends without tidying up',
    async () => {
      const child = leaving('exit')
      await once(child, 'close')
      const data = child.said.trim()
      expect(data).toMatch(/data$/)
      await until(() => !existsSync(data))
    },
  )

  it.runIf(process.platform === 'linux')(
    'goes on after Ctrl-C, as the program may have to tidy up',
    async () => {
      const child = leaving('wait')
      await until(() => child.said.includes('\n'))
      process.kill(-child.pid!, 'SIGINT') // as a terminal does: all of them
      await once(child, 'close')
      expect(child.said).toContain('tidied up')
    },
  )
})

function leaving(how: 'exit' | 'wait'): ReturnType<typeof spawn> & { said: string } {
  const args = ['--conditions=@corral/source', program, how]
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const told = Object.assign(child as ReturnType<typeof spawn>, { said: '' })
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told.said += text))
  return told
}

async function dataFolder(url: string): Promise<string> {
  await using db = await openPostgres(url)
  return db.value<string>(sql`show data_directory`)
}
