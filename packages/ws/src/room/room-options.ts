import { refuse, requireDuration, requireLimit, requireOptions } from 'corral/lowlevel'
import type { Bus } from '../bus/bus.ts'
import { requireSlowPolicy } from '../output/slow.ts'
import type { SlowPolicy } from '../output/slow.ts'

export interface RoomOptions<T> {
  /** The name of the room in all processes, and for `corral.v1` clients. Default `room`. */
  readonly name?: string
  /** Number of messages kept for returning clients. Default 0. */
  readonly history?: number
  /** What happens to a message for a member whose queue is full. Default `disconnect`. */
  readonly slow?: SlowPolicy<T>
  /** At how many bytes a member's queue is full. Default 1 MiB. */
  readonly queueBytes?: number
  /** How long messages wait to be batched, in milliseconds. Default 0: until the end of the turn. */
  readonly batchDelay?: number
  /** Connects it to the rooms of the same name in other processes. */
  readonly bus?: Bus
  /** How long to wait for messages missing from the bus before members are notified, in milliseconds. Default 2000. */
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
