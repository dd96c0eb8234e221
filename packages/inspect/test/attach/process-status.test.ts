import { describe, expect, test } from 'vitest'
import { parseProcessStatus, readProcessStatus } from '../../src/attach/process-status.ts'

describe('readProcessStatus', () => {
  test('knows of this process that it catches SIGUSR1', () => {
    expect(readProcessStatus(process.pid)).toMatchObject({
      pid: process.pid,
      uid: process.getuid?.(),
      catchesUsr1: true,
    })
  })

  test('is undefined for a process that is not there', () => {
    expect(readProcessStatus(2 ** 30)).toBeUndefined()
  })

  test('reads the number that a process has inside of its container', () => {
    const text =
      'Name:\tnode\nState:\tZ (zombie)\nNSpid:\t4711\t7\nUid:\t5\t5\t5\t5\nSigCgt:\t0000000000000000\n'
    expect(parseProcessStatus(4711, text)).toEqual({
      pid: 4711,
      state: 'Z',
      uid: 5,
      innerPid: 7,
      catchesUsr1: false,
    })
  })
})
