import { testRun } from 'corral/testing'
import { expect, it } from 'vitest'
import { job, openJobs } from '../../src/index.ts'
import { memoryStore } from '../../src/memory/memory-store.ts'
import { capabilities as all } from '../../src/store/capability.ts'
import { jobsConformance } from '../conformance/jobs-conformance.ts'
import { storeConformance } from '../conformance/store-conformance.ts'

const capabilities = all.filter((one) => one !== 'transactions' && one !== 'shared')

storeConformance('memory', { fresh: memoryStore, capabilities })
jobsConformance('memory', { fresh: memoryStore, capabilities, within: (fn) => testRun(fn) })

it('a wait in virtual time for a job that nobody works on is a deadlock, and does not go on for ever', async () => {
  const idle = testRun(async () => {
    await using jobs = await openJobs(memoryStore())
    const handle = await jobs.add(
      job('idle', () => {}),
      undefined,
    )
    await handle.result()
  })
  await expect(idle).rejects.toMatchObject({ code: 'DEADLOCK' })
})
