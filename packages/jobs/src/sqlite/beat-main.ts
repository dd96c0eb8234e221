import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import { beatForEver } from '../worker/beat.ts'
import type { Pulse } from '../worker/heart.ts'

const { id, every, path } = workerData as Pulse & { readonly path: string }

const db = new DatabaseSync(path, { timeout: every })
// A beat that a power cut takes with it was of a worker that is gone with it.
db.exec('pragma synchronous = normal')
const statement = db.prepare('update corral_job_worker set beats = beats + 1 where id = ?')

beatForEver(() => Number(statement.run(id).changes) > 0)
