import { sql } from '@corral/db'
import { conformance } from '../conformance.ts'
import { serve } from './serve.ts'

const served = serve()

conformance('PostgreSQL', {
  open: (options) => served.open({ max: 1, ...options }),
  endless: sql`select pg_sleep(600)`,
  isolated: false, // the one connection is taken
  count: BigInt,
})
