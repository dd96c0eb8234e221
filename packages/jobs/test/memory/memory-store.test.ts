import { testRun } from 'corral/testing'
import { memoryStore } from '../../src/memory/memory-store.ts'
import { capabilities as all } from '../../src/store/capability.ts'
import { jobsConformance } from '../conformance/jobs-conformance.ts'
import { storeConformance } from '../conformance/store-conformance.ts'

const capabilities = all.filter((one) => one !== 'transactions' && one !== 'shared')

storeConformance('memory', { fresh: memoryStore, capabilities })
jobsConformance('memory', { fresh: memoryStore, capabilities, within: (fn) => testRun(fn) })
