import type { Capability, JobStore, StoreFactory } from '@corral/jobs'
import { FailureError } from '../commands/failure-error.ts'
import { isThere } from './is-there.ts'
import { printable } from '../format/printable.ts'
import { withoutCredentials } from '../format/without-secrets.ts'

/**
 * Opens the jobs that a command works on.
 *
 * @param place a file of SQLite that is there, or the URL of PostgreSQL, Redis or NATS
 * @throws FailureError when there is no such file
 */
export async function openJobStore(place: string): Promise<JobStore> {
  const factory = await jobStoreOf(place)
  return await factory.open()
}

/** The store that a place names. */
export async function jobStoreOf(place: string): Promise<StoreFactory> {
  const [, scheme = 'file'] = /^([a-z]+):\/\//.exec(place) ?? []
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return (await import('@corral/jobs')).postgresStore(place)
    case 'redis':
    case 'rediss':
      return (await import('@corral/jobs/bullmq')).bullmqStore(place)
    case 'nats':
      return (await import('@corral/jobs/nats')).jetstreamStore(place)
    case 'file':
      break
    default:
      throw new FailureError(
        `--jobs must be a file, or a URL of postgres, redis or nats, got ${scheme}://`,
      )
  }
  // Opening makes a file where there is none: that is for a program that adds jobs to do.
  if (!(await isThere(place))) {
    throw new FailureError(`there is no ${printable(place)}; name one by --jobs`)
  }
  return (await import('@corral/jobs')).sqliteStore(place)
}

/** @throws FailureError when the store cannot do what a command needs */
export function requireOf(store: JobStore, capability: Capability, command: string): void {
  if (store.capabilities.has(capability)) return
  throw new FailureError(`${store.name} has no "${capability}", which ${command} needs`)
}

/** A place as it may be shown. */
export function shownPlace(place: string): string {
  return printable(/^[a-z]+:\/\//.test(place) ? withoutCredentials(place) : place)
}
