import { run, sleep } from 'corral'
import { testRun } from 'corral/testing'
import { expect, test } from 'vitest'
import { HomeContext } from '../../src/scope/home.ts'
import { unhandled } from '../unhandled.ts'

test('an owner does not wait for ever when what it is told with throws; that is reported once', async () => {
  const failure = new Error('told')
  const told = (): never => {
    throw failure
  }
  const program = async (): Promise<string> => {
    new HomeContext().spawn('at once', () => 1, told)
    new HomeContext().spawn('later', () => sleep(1), told)
    await sleep(5)
    return 'ended'
  }
  expect(await unhandled(() => testRun(program, { unhandled: 'report' }))).toEqual([
    failure,
    failure,
  ])
  const real = () => run(program, { handleSignals: false })
  expect(await unhandled(real)).toEqual([failure, failure])
})
