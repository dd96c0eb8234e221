import { sql } from '@corral/db'
import { conformance } from '../conformance.ts'
import { serve } from './serve.ts'

const served = serve()

for (const pipeline of [false, true]) {
  conformance(pipeline ? 'PostgreSQL, pipelined' : 'PostgreSQL', {
    open: (options) => served.open({ max: 1, pipeline, ...options }),
    endless: sql`select pg_sleep(600)`,
    isolated: false, // the one connection is taken
    count: BigInt,
  })
}
