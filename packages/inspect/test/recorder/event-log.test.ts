import { moveOnAfter, now, sleep, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { expect, test } from 'vitest'
import { EventLog } from '../../src/recorder/event-log.ts'
import { EventKind } from '../../src/recorder/event-ring.ts'

test('a join that is cancelled ends when it does, however long after the latest event', () =>
  testRun(async () => {
    using log = new EventLog(1024)
    const begun = now()
    const slow = spawn(() => sleep(5000), { name: 'slow' })
    spawn(() => sleep(10), { name: 'quick' })
    await moveOnAfter(1000, () => slow)
    const cancelled = [...log.ring].filter(({ kind }) => kind === EventKind.cancelled)
    expect(cancelled.map(({ time }) => time - begun)).toEqual([1000])
    slow.cancel()
    await slow.settled()
  }))

test('a join that is granted ends with its task', () =>
  testRun(async () => {
    using log = new EventLog(1024)
    const begun = now()
    await spawn(() => sleep(10), { name: 'quick' })
    const granted = [...log.ring].filter(({ kind }) => kind === EventKind.granted)
    expect(granted.map(({ time }) => time - begun)).toEqual([10, 10])
  }))
