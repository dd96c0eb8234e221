import type { Capability } from './capability.ts'
import { capabilities } from './capability.ts'

/** What each store can do; the conformance suite runs on each exactly that, and the table of the guide is made from it. */
export const capabilitiesOf: {
  readonly sqliteStore: readonly Capability[]
  readonly postgresStore: readonly Capability[]
  readonly bullmqStore: readonly Capability[]
  readonly jetstreamStore: readonly Capability[]
} = {
  sqliteStore: capabilities,
  postgresStore: capabilities,
  bullmqStore: [
    'unique',
    'priority',
    'delay',
    'cancel',
    'progress',
    'results',
    'browse',
    'pause',
    'shared',
  ],
  jetstreamStore: ['delay', 'shared'],
}
