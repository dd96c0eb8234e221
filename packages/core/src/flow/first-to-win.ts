import { Cancelled, isCancelled } from '../errors.ts'
import type { Nursery, TaskNode } from '../lowlevel.ts'
import { taskPerThunk } from './task-per-thunk.ts'
import type { RunPolicy } from './task-per-thunk.ts'
import type { Thunk } from './thunk.ts'

/**
 * Runs thunks until one has a value, while the group has not failed: the others are cancelled and awaited,
 * and it has won. Undefined when none has.
 *
 * @param lost told of each that ends in another way
 */
export async function firstToWin(
  name: string,
  thunks: readonly Thunk<unknown>[],
  lost: (task: TaskNode, index: number, group: Nursery) => void,
  pace?: RunPolicy['pace'],
): Promise<{ readonly value: unknown } | undefined> {
  let winner: { readonly value: unknown } | undefined
  let losers = 0
  const onTaskEnded: RunPolicy['onTaskEnded'] = (task, index, group) => {
    if (task.state !== 'fulfilled') {
      losers += 1
      lost(task, index, group)
    } else if (winner === undefined && !group.failed) {
      winner = { value: task.value }
      group.cancel('another one was first')
    }
  }
  try {
    await taskPerThunk(name, thunks, pace === undefined ? { onTaskEnded } : { onTaskEnded, pace })
  } catch (error) {
    if (winner === undefined || !isCancelled(error)) throw error
  }
  // The scope around it ended while nobody awaited it: then those that were cut short are told to nobody.
  if (winner === undefined && losers === 0) throw new Cancelled('the scope around it ended first')
  return winner
}
