import { memoryStore } from '../../src/memory/memory-store.ts'
import { capabilities } from '../../src/store/capability.ts'
import { storeConformance } from '../conformance/store-conformance.ts'

storeConformance('memory', {
  fresh: memoryStore,
  capabilities: capabilities.filter((one) => one !== 'transactions' && one !== 'shared'),
})
