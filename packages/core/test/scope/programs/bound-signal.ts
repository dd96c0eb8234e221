// Waits for what only the signal can end; its timer alone does not keep the process alive.
import { Queue, run } from '../../../src/index.ts'

const signal = AbortSignal.timeout(300)
await run(() => new Queue().get(), { signal }).catch((error: Error) => console.log(error.name))
