import { now } from 'corral'
import type { Failure } from '../fetch/failure.ts'
import { originOf } from '../url/origin.ts'
import type { Attempt } from './dispatcher.ts'
import type { Visit } from './visit-page.ts'

interface VisitOf {
  readonly url: string
  /** Scheme, host and port. */
  readonly origin: string
  /** From 1. */
  readonly attempt: number
}

/**
 * What is told of a request for a URL while it happens: that it starts, and then once how it ended. A failure may be
 * tried again; one that is not is in the store. Of hosts whose robots.txt cannot be had too: then the duration is 0.
 */
export type VisitEvent =
  | (VisitOf & { readonly type: 'start' })
  | (VisitOf & {
      readonly type: 'page'
      readonly status: number
      /** Of the body, unpacked. */
      readonly bytes: number
      /** Milliseconds. */
      readonly duration: number
    })
  | (VisitOf & {
      readonly type: 'failure'
      readonly kind: string
      /** The status, of the kind `http`. */
      readonly code: string
      readonly message: string
      readonly duration: number
    })
  | (VisitOf & { readonly type: 'cancelled' })

/** Tells of every visit that it makes. What `tell` throws ends the crawl. */
export function watchVisits(
  visit: (attempt: Attempt) => Promise<Visit>,
  tell: (event: VisitEvent) => void,
): (attempt: Attempt) => Promise<Visit> {
  return async (item) => {
    const { url } = item.entry
    const of = { url, origin: originOf(url), attempt: item.attempt }
    tell({ ...of, type: 'start' })
    const startedAt = now()
    let visited: Visit
    try {
      visited = await visit(item)
    } catch (error) {
      tell({ ...of, type: 'cancelled' })
      throw error
    }
    tell({ ...of, ...endOf(visited, now() - startedAt) })
    return visited
  }
}

/** Tells of a visit that was not made: one that failed at once. */
export function tellUnreachable(
  { entry: { url }, attempt }: Attempt,
  { kind, code, message }: Failure,
  tell: (event: VisitEvent) => void,
): void {
  const of = { url, origin: originOf(url), attempt }
  tell({ ...of, type: 'start' })
  tell({ ...of, type: 'failure', kind, code, message, duration: 0 })
}

type End<Type> = Omit<Extract<VisitEvent, { type: Type }>, keyof VisitOf>

function endOf(visit: Visit, duration: number): End<'page'> | End<'failure'> {
  if (visit.result === 'page') {
    const { status, bytes } = visit.page
    return { type: 'page', status, bytes, duration }
  }
  if (visit.result === 'unchanged') return { type: 'page', status: 304, bytes: 0, duration }
  const { kind, code, message } = visit.failure
  return { type: 'failure', kind, code, message, duration }
}
