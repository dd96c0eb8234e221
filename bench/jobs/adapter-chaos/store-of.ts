import { sqliteStore, type StoreFactory } from '@corral/jobs'

/** The store of a place; each with names of its own, so that nothing else is touched. */
export async function storeOf(place: string, prefix: string): Promise<StoreFactory> {
  if (place.startsWith('redis://')) {
    const { bullmqStore } = await import('@corral/jobs/bullmq')
    return bullmqStore(place, { prefix, durability: 'none' })
  }
  if (place.startsWith('nats://')) {
    const { jetstreamStore } = await import('@corral/jobs/nats')
    return jetstreamStore(place, { prefix })
  }
  return sqliteStore(place)
}
