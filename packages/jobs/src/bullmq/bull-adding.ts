import { requireCapability, type Capability } from '../store/capability.ts'
import type { JobStore } from '../store/job-store.ts'
import type { Added, NewJob } from '../store/records.ts'
import type { BullIds } from './bull-ids.ts'
import type { BullQueues } from './bull-queues.ts'
import { bullPriority, dataOf } from './bull-record.ts'

/** Adds jobs, those of each queue in one transaction of Redis. */
export async function addTo(
  queues: BullQueues,
  ids: BullIds,
  jobs: readonly NewJob[],
): Promise<readonly Added[]> {
  const added: Added[] = []
  const places = Map.groupBy(jobs.entries(), ([, { queue, kind }]) => `${queue}\0${kind}`)
  for (const some of places.values()) {
    const [[, first] = []] = some
    if (first === undefined) continue
    const { kind } = first
    const queue = await queues.of(first.queue, kind)
    const wanted = some.map(() => ids.next())
    const made = await queue.producer.addBulk(
      some.map(([, job], index) => ({
        name: kind,
        data: dataOf(job),
        opts: {
          jobId: wanted[index] ?? '',
          delay: job.delay,
          priority: bullPriority(job.priority),
          ...(job.unique === undefined ? {} : { deduplication: { id: job.unique } }),
        },
      })),
    )
    for (const [index, { id = '' }] of made.entries()) {
      const [at = 0] = some[index] ?? []
      added[at] = { id: `${queue.name}:${id}`, existing: id !== wanted[index] }
    }
  }
  return added
}

/** @throws JobsError UNSUPPORTED */
export function requireAble(
  store: Pick<JobStore, 'name' | 'capabilities'>,
  jobs: readonly NewJob[],
): void {
  for (const { limit, limitKey, after, expires } of jobs) {
    const needs: readonly (readonly [Capability, boolean])[] = [
      ['limits', (limit ?? limitKey) !== undefined],
      ['flows', after.length > 0],
      ['expires', expires !== undefined],
    ]
    for (const [capability, needed] of needs) {
      if (needed) requireCapability('JobStore.add', store, capability, 'the job')
    }
  }
}
