import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { Heart } from '../../src/worker/heart.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const script = new URL('../../src/sqlite/beat-main.ts', import.meta.url)
const still = new Int32Array(new SharedArrayBuffer(4))

/** A worker's row, and a heart that beats for it. */
async function withHeart(
  maxStall: number,
  fn: (heart: Heart, db: DatabaseSync, beats: () => number) => Promise<void>,
): Promise<void> {
  using folder = temporaryFolder()
  const path = join(folder.path, 'jobs.db')
  using db = new DatabaseSync(path)
  db.exec(`pragma journal_mode = wal; create table corral_job_worker (id text, beats integer)`)
  db.exec(`insert into corral_job_worker values ('one', 0)`)
  const count = db.prepare('select beats from corral_job_worker')
  const pulse = { id: 'one', every: 20, lease: 60_000, maxStall }
  const heart = await Heart.start(script, pulse, { path })
  try {
    await fn(heart, db, () => Number(count.get()?.['beats'] ?? NaN))
  } finally {
    await heart.stop()
  }
}

describe('Heart', () => {
  it('beats on while the event loop is blocked', async () => {
    await withHeart(60_000, async (heart, _, beats) => {
      const before = beats()
      while (beats() < before + 5) Atomics.wait(still, 0, 0, 5) // no turn of the loop meanwhile
      await sleep(50)
      expect(heart.lost.isSet).toBe(false)
    })
  })

  it('stops when the loop is blocked for longer than maxStall, and says that the jobs are lost', async () => {
    await withHeart(100, async (heart, _, beats) => {
      while (!heart.lost.isSet) {
        Atomics.wait(still, 0, 0, 500)
        await sleep(1)
      }
      const after = beats()
      await sleep(100)
      expect(beats()).toBe(after)
    })
  })

  it('says so when others have taken its worker for dead', async () => {
    await withHeart(60_000, async (heart, db) => {
      db.exec('delete from corral_job_worker')
      await heart.lost.wait()
      expect(heart.lost.isSet).toBe(true)
    })
  })
})
