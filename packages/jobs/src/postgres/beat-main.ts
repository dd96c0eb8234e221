import { workerData } from 'node:worker_threads'
import { Event, spawn } from 'corral'
import { openPostgres, sql } from '@corral/db'
import type { Database, Session } from '@corral/db'
import { beatForEver } from '../worker/beat.ts'
import type { Pulse } from '../worker/heart.ts'

const { id, url, lock } = workerData as Pulse & { readonly url: string; readonly lock: bigint }

/** One connection, that holds the lock: the server gives it back when this process has died. */
interface Line {
  readonly session: Session
  readonly hangUp: Event
}

let db: Database | undefined
let line: Line | undefined

async function connected(): Promise<Line> {
  db ??= await openPostgres(url, { max: 1, applicationName: 'corral jobs: beat' })
  const database = db
  const opened = new Event()
  const hangUp = new Event()
  let session: Session | undefined
  const task = spawn(() =>
    database.session(async (own) => {
      await own.query(sql`select pg_advisory_lock(${lock})`)
      session = own
      opened.set()
      await hangUp.wait()
    }),
  )
  const ended = task.settled().then((result) => {
    opened.set()
    return result
  })
  await opened.wait()
  if (session !== undefined) return { session, hangUp }
  const result = await ended
  throw result.status === 'rejected' ? result.reason : new Error('the session has ended')
}

beatForEver(async () => {
  line ??= await connected()
  try {
    // Behind a pooler another connection has the lock: then its absence means nothing.
    const { count } = await line.session.execute(
      sql`update corral_job_worker set beats = beats + 1, lock = (
          select (l.classid::bigint << 32) | l.objid::bigint from pg_locks l
          where l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.objsubid = 1
            and ((l.classid::bigint << 32) | l.objid::bigint) = ${lock} limit 1)
        where id = ${id}`,
    )
    return count > 0
  } catch (error) {
    line.hangUp.set()
    line = undefined
    throw error
  }
})
