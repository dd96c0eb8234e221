import { asyncMutex52 } from './async-mutex-52.ts'
import { asyncMutex54 } from './async-mutex-54.ts'
import { fastq63 } from './fastq-63.ts'
import { fastq88 } from './fastq-88.ts'
import { genericPool183 } from './generic-pool-183.ts'
import { pLimit25 } from './p-limit-25.ts'
import { pRatelimit25 } from './p-ratelimit-25.ts'
import type { Ported } from './ported.ts'

/** All of them. */
export const ported: readonly Ported[] = [
  asyncMutex52,
  asyncMutex54,
  fastq63,
  fastq88,
  genericPool183,
  pLimit25,
  pRatelimit25,
]
