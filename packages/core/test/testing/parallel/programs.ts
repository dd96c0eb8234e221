import { checkpoint, gather, taskGroup } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'

/** Three tasks with two checkpoints each: 9! / 3! ** 3 = 1680 orders. */
export async function walkers(): Promise<void> {
  await taskGroup(async (group) => {
    for (let i = 0; i < 3; i++) {
      group.spawn(async () => {
        for (let j = 0; j < 2; j++) await checkpoint()
      })
    }
  })
}

/** One order of 1680 is wrong: the tasks get through one after the other, the last one first. */
export async function needle(): Promise<void> {
  let trail = ''
  await taskGroup(async (group) => {
    for (const name of ['a', 'b', 'c']) {
      group.spawn(async () => {
        for (let j = 0; j < 2; j++) await checkpoint()
        trail += name
      })
    }
  })
  if (trail === 'cba') throw new Error('the wrong way round')
}

/** Forgets to give back what it took when it is cancelled. */
export async function careless(): Promise<void> {
  let free = 1
  await taskGroup(async (group) => {
    const worker = group.spawn(async () => {
      free -= 1
      await failpoint('work')
      free += 1
    })
    await worker.settled()
  })
  if (free !== 1) throw new Error(`${1 - free} lost`)
}

/** Two deposits that do not know of each other. */
export async function deposits(): Promise<void> {
  let balance = 0
  const deposit = async (steps: number): Promise<void> => {
    for (let i = 0; i < steps; i++) await checkpoint()
    const before = balance
    await checkpoint()
    balance = before + 1
  }
  await gather([() => deposit(0), () => deposit(3)])
  if (balance !== 2) throw new Error(`the balance is ${balance}`)
}

let runs = 0
/** Goes one way here and another way there: what it counts outlives a run. */
export async function elsewhere(): Promise<void> {
  runs += 1
  const { isMainThread } = process.getBuiltinModule('node:worker_threads')
  await checkpoint()
  if (!isMainThread && runs > 3) throw new Error('only in a worker')
}
