// Run by isolation.test.ts: `node apart-program.ts idle|hot|native|polite|waits FILE`.
import { WorkerPool } from '@corral/workers'
import type { apart } from './apart.ts'

const [, , what = '', path = ''] = process.argv
process.once('SIGTERM', () => process.exit(0))
const pool = new WorkerPool<typeof apart>(new URL('apart.ts', import.meta.url), {
  isolation: 'process',
  threads: 1,
})
if (what === 'idle') console.log(await pool.run('pid')) // and the pool is forgotten
else await pool.run(what as 'hot' | 'native' | 'polite' | 'waits', [path])
