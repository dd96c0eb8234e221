import { describe, expect, test } from 'vitest'
import {
  BrokenError,
  CancelScope,
  checkpoint,
  MisuseError,
  sleep,
  taskGroup,
} from '../../src/index.ts'
import { Sequencer, testRun, waitAllBlocked } from '../../src/testing.ts'

describe('Sequencer', () => {
  test('Sequencer.turn comes in the order of the numbers, whoever asks first', async () => {
    const trail: number[] = []
    await testRun(async () => {
      const sequencer = new Sequencer()
      await taskGroup(async (group) => {
        for (const number of [2, 0, 3, 1]) {
          group.spawn(async () => {
            using _turn = await sequencer.turn(number)
            trail.push(number)
            await sleep(10 - number)
            trail.push(number)
          })
        }
      })
    })
    expect(trail).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  test('Sequencer.turn is broken for all, those in line and those who come, when one gives up', async () => {
    await testRun(async () => {
      const sequencer = new Sequencer()
      const scope = new CancelScope()
      const errors: unknown[] = []
      await taskGroup(async (group) => {
        group.spawn(() => scope.run(() => sequencer.turn(1)))
        group.spawn(() => sequencer.turn(2).catch((error: unknown) => errors.push(error)))
        await waitAllBlocked()
        scope.cancel()
        await checkpoint()
      })
      await sequencer.turn(0).catch((error: unknown) => errors.push(error))
      expect(errors).toHaveLength(2)
      for (const error of errors) expect(error).toBeInstanceOf(BrokenError)
    })
  })

  test('Sequencer.turn refuses a number twice, and what is no number', async () => {
    const sequencer = new Sequencer()
    const turn = await sequencer.turn(0)
    turn[Symbol.dispose]()
    turn[Symbol.dispose]()
    await expect(sequencer.turn(0)).rejects.toThrow('turn 0 was taken before')
    await expect(sequencer.turn(-1)).rejects.toThrow(MisuseError)
    await expect(sequencer.turn(1)).resolves.toBeDefined()
  })

  test('Sequencer.turn throws in a cancelled scope', async () => {
    await testRun(async () => {
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => new Sequencer().turn(0))
      expect(scope.cancelledCaught).toBe(true)
    })
  })
})
