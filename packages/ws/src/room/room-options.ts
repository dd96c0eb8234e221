import { refuse, requireDuration, requireLimit, requireOptions } from 'corral/lowlevel'
import type { Bus } from '../bus/bus.ts'
import { requireSlowPolicy } from '../output/slow.ts'
import type { SlowPolicy } from '../output/slow.ts'

export interface RoomOptions<T> {
  /** Of the same room in all processes, and for clients of `corral.v1`. Default `room`. */
  readonly name?: string
  /** Messages that are kept for clients that come back. Default 0. */
  readonly history?: number
  /** What becomes of a message for a member whose queue is full. Default `disconnect`. */
  readonly slow?: SlowPolicy<T>
  /** When a member's queue is full, in bytes. Default 1 MiB. */
  readonly queueBytes?: number
  /** How long messages wait for others to leave with, in milliseconds. Default 0: until the turn is over. */
  readonly batchDelay?: number
  /** Joins it with the rooms of this name in other processes. */
  readonly bus?: Bus
  /** How long a gap in what comes over the bus is waited for before members are told of it, in milliseconds. Default 2000. */
  readonly gapTimeout?: number
}

export function completeRoomOptions<T>(
  options: RoomOptions<T>,
): Required<Omit<RoomOptions<T>, 'bus'>> {
  requireOptions('Room', options)
  const { name = 'room', history = 0, slow = 'disconnect', queueBytes = 1_048_576 } = options
  const { batchDelay = 0, gapTimeout = 2000 } = options
  if (typeof name !== 'string' || name === '') {
    refuse('Room: name', 'a string that is not empty', name)
  }
  requireLimit('Room: history', history, 0)
  requireSlowPolicy('Room: slow', slow)
  requireLimit('Room: queueBytes', queueBytes)
  requireDuration('Room: batchDelay', batchDelay)
  requireDuration('Room: gapTimeout', gapTimeout)
  return { name, history, slow, queueBytes, batchDelay, gapTimeout }
}
