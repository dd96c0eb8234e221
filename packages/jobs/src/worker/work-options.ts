import { channel } from 'node:diagnostics_channel'
import { requireCount, requireDuration, requireFunction, requireOptions } from 'corral/lowlevel'
import type { Failure } from '../store/records.ts'

export interface WorkOptions {
  /** How many jobs run at the same time. Default 10. */
  readonly concurrency?: number
  /** How long the worker may be silent before its jobs are given to others, in milliseconds: at least 100. Default 15 000. */
  readonly lease?: number
  /**
   * When the program is asked to stop: how long jobs that run may go on, in milliseconds, before they are cancelled and given
   * back. Default `Infinity`: as long as `run` lets them.
   */
  readonly grace?: number
  /** Told of what happens here, as `corral:jobs.event` of `node:diagnostics_channel` is. What it throws ends the worker. */
  readonly onEvent?: (event: WorkEvent) => void
}

/** What happened to a job in a worker, or to the worker. */
export type WorkEvent =
  | {
      readonly type: 'started'
      readonly id: string
      readonly kind: string
      readonly waited: number
    }
  | { readonly type: 'done'; readonly id: string; readonly kind: string; readonly took: number }
  | {
      /** `retries`: it will be tried again. */
      readonly type: 'failed' | 'retries'
      readonly id: string
      readonly kind: string
      readonly took: number
      readonly failure: Failure
    }
  | {
      readonly type: 'cancelled' | 'sleeps' | 'given-back' | 'lost'
      readonly id: string
      readonly kind: string
      readonly took: number
    }
  /** The store did not answer as it should; the worker goes on, and tries again. */
  | { readonly type: 'trouble'; readonly error: unknown }

export interface WorkSettings {
  readonly concurrency: number
  readonly lease: number
  readonly grace: number
  readonly onEvent: (event: WorkEvent) => void
}

const happened = channel('corral:jobs.event')

/** The options with their defaults; refuses what cannot be right. */
export function workSettings(options: WorkOptions): WorkSettings {
  const api = 'jobs.work'
  requireOptions(api, options)
  const { concurrency = 10, lease = 15_000, grace = Infinity, onEvent = () => {} } = options
  requireCount(`${api}: concurrency`, concurrency)
  requireCount(`${api}: lease`, lease, 100)
  requireDuration(`${api}: grace`, grace)
  requireFunction(`${api}: onEvent`, onEvent)
  const told = (event: WorkEvent): void => {
    if (happened.hasSubscribers) happened.publish(event)
    onEvent(event)
  }
  return { concurrency, lease, grace, onEvent: told }
}
