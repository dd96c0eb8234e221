import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DatabaseError, openSqlite, sql } from '@corral/db'
import { currentSignal, isCancelled, moveOnAfter, sleep } from 'corral'

const exec = promisify(execFile)
const program = new URL('../../../packages/db/test/sqlite/writing-program.ts', import.meta.url)

/** What goes wrong under SQLite: rows of a table of what was done, what came of it, and how the file is afterwards. */
export async function sqliteRows(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-chaos-'))
  const rows = [await killed(join(folder, 'killed.db')), await cancelled(join(folder, 'long.db'))]
  rows.push(
    await onDisk(folder, 'a full disk', full),
    await onDisk(folder, 'a read-only disk', readOnly),
  )
  await rm(folder, { recursive: true })
  return rows
}

async function killed(path: string): Promise<string> {
  {
    await using db = await openSqlite(path)
    await db.execute(sql`create table kept (id integer primary key)`)
    await db.execute(sql`create table pair (id integer primary key)`)
  }
  const kills = 20
  const acknowledged = new Set<number>()
  let [lost, torn, sound] = [0, 0, 0]
  for (let round = 0; round < kills; round++) {
    const args = ['--conditions=@corral/source', fileURLToPath(program), path]
    const child = spawn(process.execPath, [...args, String(round * 1_000_000 + 1)])
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    await once(child.stdout, 'data', { signal: currentSignal() })
    await sleep(Math.random() * 100)
    child.kill('SIGKILL')
    await once(child, 'close', { signal: currentSignal() })
    for (const line of said.split('\n').slice(0, -1)) acknowledged.add(Number(line))
    await using db = await openSqlite(path)
    if ((await db.value(sql`pragma integrity_check`)) === 'ok') sound += 1
    const kept = await db.query<{ id: number }>(sql`select id from kept`)
    lost += acknowledged.difference(new Set(kept.map(({ id }) => id))).size
    const halves = sql`select count(*) from kept where id % 10 = 0 and id not in (select id from pair)`
    torn += await db.value<number>(halves)
  }
  const found = `${acknowledged.size} writes acknowledged, ${lost} lost, ${torn} transactions by half`
  return `| SIGKILL of a writing program at ${kills} random moments | ${found} | integrity_check ok ${sound} of ${kills} |`
}

async function cancelled(path: string): Promise<string> {
  await using db = await openSqlite(path)
  await db.value(sql`select 1`)
  const endless = sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`
  const took: number[] = []
  for (let round = 0; round < 20; round++) {
    await db.value(sql`select 1`) // a reader is there
    const began = performance.now()
    await moveOnAfter(100, () => db.query(endless))
    took.push(performance.now() - began - 100)
  }
  const sorted = took.toSorted((a, b) => a - b)
  const [half = NaN, most = NaN] = [sorted[10], sorted.at(-1)]
  return `| a long read is cancelled, 20 times | stopped after ${half.toFixed(0)} ms, ${most.toFixed(0)} ms at the most | ${String(await db.value(sql`pragma integrity_check`))} |`
}

/** Runs `fault` on a disk in memory, if such a disk can be mounted here: root may. */
async function onDisk(
  folder: string,
  name: string,
  fault: (path: string, remount: (options: string) => Promise<void>) => Promise<string>,
): Promise<string> {
  const disk = await mkdtemp(join(folder, 'disk-'))
  const mount = async (options: string): Promise<void> => {
    await exec('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { signal: currentSignal() })
  }
  try {
    await mount('size=1m')
  } catch (error) {
    if (isCancelled(error)) throw error
    return `| ${name} | not tried: it takes root | |`
  }
  try {
    return `| ${name} | ${await fault(join(disk, 'a.db'), (options) => mount(`remount,${options}`))} |`
  } finally {
    await exec('umount', ['-l', disk], { signal: currentSignal() })
  }
}

const codeOf = async (act: () => Promise<unknown>): Promise<string> => {
  try {
    await act()
    return 'no error'
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return error.code
  }
}

async function full(path: string, remount: (options: string) => Promise<void>): Promise<string> {
  await using db = await openSqlite(path)
  await db.execute(sql`create table kept (id integer primary key, text text)`)
  let written = 0
  const insert = async (): Promise<void> => {
    await db.execute(sql`insert into kept (text) values (${'x'.repeat(20_000)})`)
    written += 1
  }
  const code = await codeOf(async () => {
    for (;;) await insert()
  })
  const kept = await db.value<number>(sql`select count(*) from kept`)
  await remount('size=8m')
  await insert()
  const whole = String(await db.value(sql`pragma integrity_check`))
  return `${written - 1} written, then ${code}; kept ${kept} | with room again it writes, integrity_check ${whole}`
}

async function readOnly(
  path: string,
  remount: (options: string) => Promise<void>,
): Promise<string> {
  {
    await using db = await openSqlite(path)
    await db.execute(sql`create table kept (id int)`)
    await db.execute(sql`insert into kept values (1)`)
  }
  await remount('ro')
  const code = await codeOf(async () => {
    await using db = await openSqlite(path)
    await db.execute(sql`insert into kept values (2)`)
  })
  await remount('rw')
  await using db = await openSqlite(path)
  await db.execute(sql`insert into kept values (3)`)
  const kept = await db.value<number>(sql`select count(*) from kept`)
  return `${code} | writable again it opens and writes: ${kept} rows`
}
