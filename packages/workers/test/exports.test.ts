import { expect, test } from 'vitest'
import * as main from '../src/index.ts'
import * as thread from '../src/thread.ts'

test('the package gives away these names and no others', () => {
  expect(Object.keys(main).sort()).toEqual(['WorkerError', 'WorkerIteration', 'WorkerPool'])
  expect(Object.keys(thread).sort()).toEqual(['checkpoint', 'defineWorker', 'hostOf', 'transfer'])
})
