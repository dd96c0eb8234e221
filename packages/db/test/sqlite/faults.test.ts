import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sleep } from 'corral'
import { openSqlite, sql } from '@corral/db'
import type { Executor } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, until } from '../postgres/serve.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const program = fileURLToPath(new URL('writing-program.ts', import.meta.url))

/** How often; `CORRAL_KILLS=20` takes a minute or two. */
const kills = Number(process.env['CORRAL_KILLS'] ?? 4)

describe('openSqlite', () => {
  it('loses nothing that was acknowledged when the program is killed, at any moment', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.db')
    {
      await using db = await openSqlite(path)
      await db.execute(sql`create table kept (id integer primary key)`)
      await db.execute(sql`create table pair (id integer primary key)`)
    }
    const acknowledged = new Set<number>()
    for (let round = 0; round < kills; round++) {
      const args = ['--conditions=@corral/source', program, path, String(round * 1_000_000 + 1)]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
      await until(() => said.length > 0)
      await sleep(Math.random() * 100)
      child.kill('SIGKILL')
      await once(child, 'close')
      const lines = said.split('\n').slice(0, -1)
      for (const line of lines) acknowledged.add(Number(line))
      await using db = await openSqlite(path)
      expect(await db.value(sql`pragma integrity_check`)).toBe('ok')
      const rows = await db.query<{ id: number }>(sql`select id from kept`)
      const kept = new Set(rows.map(({ id }) => id))
      expect(acknowledged.difference(kept).size).toBe(0)
      const pairs = await db.value<number>(sql`select count(*) from pair`)
      const tens = await db.value<number>(sql`select count(*) from kept where id % 10 = 0`)
      expect(pairs).toBe(tens)
    }
    expect(acknowledged.size).toBeGreaterThan(kills)
  }, 300_000)

  it.skipIf(process.platform !== 'linux')(
    'leaves no reader at work when the program is killed',
    async () => {
      using folder = temporaryFolder()
      const path = join(folder.path, 'a.db')
      const source = `
        import { openSqlite, sql } from '@corral/db'
        import { run } from 'corral'
        await run(async () => {
          await using db = await openSqlite(${JSON.stringify(path)})
          await db.value(sql\`select 1\`)
          console.log('ready')
          await db.query(sql\`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n\`)
        })`
      const args = ['--conditions=@corral/source', '--input-type=module', '-e', source]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      await sleep(100)
      const list = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
      const readers = list.split(' ').filter(Boolean).map(Number)
      expect(readers).toHaveLength(1)
      child.kill('SIGKILL')
      await once(child, 'close')
      await until(() => readers.every((pid) => isGone(pid)))
    },
  )

  it.skipIf(!canMount())('on a full disk says so, and goes on when there is room', async () => {
    using disk = mounted('size=1m')
    const path = join(disk.path, 'a.db')
    await using db = await openSqlite(path)
    await db.execute(sql`create table kept (id integer primary key, text text)`)
    const insert = (): Promise<unknown> =>
      db.execute(sql`insert into kept (text) values (${'x'.repeat(20_000)})`)
    const error = await failure(async () => {
      for (;;) await insert()
    })
    expect(error.code).toBe('DISK_FULL')
    const kept = await db.value<number>(sql`select count(*) from kept`)
    expect(kept).toBeGreaterThan(5)
    expect(await db.value(sql`pragma integrity_check`)).toBe('ok')
    execFileSync('mount', ['-o', 'remount,size=8m', disk.path])
    await insert()
    expect(await db.value(sql`select count(*) from kept`)).toBe(kept + 1)
  })

  it.skipIf(!canMount())('lives on a disk that its journal fills again and again', async () => {
    using disk = mounted('size=1m')
    const path = join(disk.path, 'a.db')
    await using other = await openSqlite(path)
    await using db = await openSqlite(path)
    await db.execute(sql`create table kept (id integer primary key, n int, text text)`)
    await db.execute(sql`insert into kept values (1, 0, ${'x'.repeat(20_000)})`)
    const grow = (tx: Executor, n: number): Promise<unknown> =>
      tx.execute(sql`update kept set n = ${n}, text = ${String(n).repeat(5_000)} where id = 1`)
    for (let n = 100; n < 105; n++) await grow(db, n)
    // The file has all its pages.
    await db.execute(sql`pragma wal_checkpoint(truncate)`)
    for (let n = 1; n < 300; n++) await grow(n % 2 === 0 ? db : other, n)
    expect(await other.value(sql`select n from kept`)).toBe(299)
    let failed = 0
    let last = 299
    for (let n = 300; n < 400; n++) {
      try {
        await db.transaction(async (tx) => {
          await grow(tx, n)
          await tx.execute(sql`update kept set n = n + 1000`)
        })
        last = n + 1000
      } catch (error) {
        expect((error as { code: string }).code).toBe('DISK_FULL')
        failed += 1
        expect(await other.value(sql`select n from kept`), 'all or nothing').toBe(last)
      }
    }
    expect(failed, 'the next has room').toBeLessThan(20)
    expect(await db.value(sql`pragma integrity_check`)).toBe('ok')
  })

  it.skipIf(!canMount())('on a disk that may not be written reads, and says so', async () => {
    using disk = mounted('size=8m')
    const path = join(disk.path, 'a.db')
    {
      await using db = await openSqlite(path)
      await db.execute(sql`create table kept (id int)`)
      await db.execute(sql`insert into kept values (1)`)
    }
    execFileSync('mount', ['-o', 'remount,ro', disk.path])
    const error = await failure(async () => {
      await using db = await openSqlite(path)
      expect(await db.value(sql`select count(*) from kept`)).toBe(1)
      await db.execute(sql`insert into kept values (2)`)
    })
    expect(['READ_ONLY', 'CONNECT']).toContain(error.code)
    execFileSync('mount', ['-o', 'remount,rw', disk.path])
    await using db = await openSqlite(path)
    await db.execute(sql`insert into kept values (2)`)
  })
})

function isGone(pid: number): boolean {
  try {
    const state = /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return state === 'Z' // nobody has asked for its end yet
  } catch {
    return true
  }
}

/** Root may, on most machines. */
function canMount(): boolean {
  try {
    mounted('size=1m')[Symbol.dispose]()
    return true
  } catch {
    return false
  }
}

function mounted(options: string): { readonly path: string } & Disposable {
  const folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder.path], { stdio: 'ignore' })
  } catch (error) {
    folder[Symbol.dispose]()
    throw error
  }
  return {
    path: folder.path,
    [Symbol.dispose]() {
      execFileSync('umount', ['-l', folder.path])
      folder[Symbol.dispose]()
    },
  }
}
