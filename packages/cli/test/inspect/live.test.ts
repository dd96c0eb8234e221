import type { Reading, ResourceRow } from '@corral/inspect/attach'
import { describe, expect, test } from 'vitest'
import { CpuProfile, profileText } from '../../src/inspect/cpu-profile.ts'
import { ReadingWords } from '../../src/inspect/describe-wait.ts'
import type { StemRow } from '../../src/inspect/live-view.ts'
import { mergedWaits } from '../../src/inspect/merged-waits.ts'
import { ResourceHistory } from '../../src/inspect/resource-history.ts'
import { StemHistory } from '../../src/inspect/stem-history.ts'

const row: StemRow = {
  stem: 'listener',
  count: 1,
  cpu: 0,
  spawned: 0,
  waitsFor: '',
  line: 0,
  oldest: undefined,
  heldBy: '',
  growth: 0,
}

const queue: ResourceRow = {
  type: 'Queue',
  name: 'audit',
  size: 0,
  capacity: undefined,
  held: undefined,
  waiting: 0,
  waitingToPut: 0,
  waitingToTake: 0,
  state: 'open',
  holdersUnknown: false,
  holders: [],
  holderCount: 0,
}

function readingOf(...resources: ResourceRow[]): Reading {
  return {
    at: 0,
    tasks: 0,
    copies: [],
    groups: [],
    resources,
    rows: [],
    cost: 0,
    longestSlice: 0,
  }
}

function marks(levels: readonly Partial<ResourceRow>[]): string | undefined {
  const history = new ResourceHistory()
  for (const level of levels) {
    const reading = readingOf({ ...queue, ...level })
    history.add(reading, new ReadingWords(reading))
  }
  return history.trends()[0]?.mark
}

describe('StemHistory', () => {
  test('tells how many more there are a minute, of names with ever more tasks only', () => {
    const history = new StemHistory()
    for (let second = 0; second <= 60; second++) {
      history.add(second * 1000, [
        { ...row, count: 10 + second },
        { ...row, stem: 'req', count: 10 + (second % 2) },
      ])
    }
    expect(history.growth('listener')).toBe(60)
    expect(history.growth('req')).toBe(0)
    expect(history.growth('unknown')).toBe(0)
  })
})

describe('ResourceHistory', () => {
  test('marks a queue that only grows, and none that falls', () => {
    expect(marks([0, 2, 4, 6, 8].map((size) => ({ size })))).toBe('only grows')
    expect(marks([0, 20, 4, 6, 8].map((size) => ({ size })))).toBe('')
    expect(marks([0, 20].map((size) => ({ size })))).toBe('')
  })

  test('marks what is all taken while others wait', () => {
    expect(marks([{ capacity: 5, held: 5, waiting: 9 }])).toBe('bottleneck')
    expect(marks([{ capacity: 5, held: 5, waiting: 0 }])).toBe('')
  })
})

describe('mergedWaits', () => {
  test('takes waits for many things without a name together, and leaves those with one', () => {
    const resources = [queue, ...Array.from({ length: 9 }, () => ({ ...queue, name: undefined }))]
    const waits = resources.map((_, i) => {
      return { kind: 'Queue.get', resource: i, count: 1, since: 100 - i, task: i }
    })
    expect(mergedWaits(waits, resources)).toEqual([
      { kind: 'Queue.get', resource: 0, count: 1, since: 100, task: 0 },
      { kind: 'Queue.get', resource: -1, count: 9, since: 91, task: 9 },
    ])
  })
})

describe('CpuProfile', () => {
  test('sums up ways through tasks and functions, largest first', () => {
    const profile = new CpuProfile()
    const idle = 10
    profile.add(
      {
        samples: 20,
        idle,
        byStem: [],
        stacks: [['[main];[req];hot a.ts:1', 6]],
        refused: undefined,
      },
      (name) => name,
    )
    profile.add(
      {
        samples: 20,
        idle,
        byStem: [],
        stacks: [
          ['[main];other b.ts:2', 2],
          ['[main];[req];hot a.ts:1', 10],
        ],
        refused: undefined,
      },
      (name) => name,
    )
    expect(profileText(profile)).toEqual([
      '40 samples, 50.0 % at rest',
      ' 45.0 %  [main]',
      ' 40.0 %    [req]',
      ' 40.0 %      hot a.ts:1',
      '  5.0 %    other b.ts:2',
    ])
    expect(profile.folded).toEqual(['[main];[req];hot a.ts:1 16', '[main];other b.ts:2 2'])
  })
})
