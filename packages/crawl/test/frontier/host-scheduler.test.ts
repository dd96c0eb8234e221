import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HostScheduler, type HostSchedulerOptions } from '../../src/frontier/host-scheduler.ts'

function make(options: Partial<HostSchedulerOptions> = {}): HostScheduler<string> {
  return new HostScheduler({ limit: 10, limitPerHost: 2, delay: 0, random: () => 0.5, ...options })
}

/** Opens the gates of hosts at time 0, so that tests begin with pages. */
function opened(options: Partial<HostSchedulerOptions>, hosts: string[]): HostScheduler<string> {
  const politeness = make(options)
  for (const host of hosts) {
    politeness.add(host, `${host}0`)
    expect(politeness.next(-1e9)).toEqual({ kind: 'open', host })
    politeness.opened(host, -1e9)
    expect(politeness.next(-1e8)).toEqual({ kind: 'start', host, item: `${host}0` })
    politeness.ended(host)
  }
  return politeness
}

/** Everything that starts at a time. */
function starts(politeness: HostScheduler<string>, now: number): string[] {
  const items: string[] = []
  for (let step = politeness.next(now); step.kind === 'start'; step = politeness.next(now)) {
    items.push(step.item)
  }
  return items
}

describe('HostScheduler', () => {
  test('asks for robots.txt before the first page of a host, once', () => {
    const politeness = make()
    politeness.add('a', 'a1')
    politeness.add('a', 'a2')
    expect(politeness.next(0)).toEqual({ kind: 'open', host: 'a' })
    expect(politeness.next(0)).toEqual({ kind: 'full' })
    expect(politeness.inFlight).toBe(1)
    politeness.add('a', 'a3')
    expect(politeness.next(0)).toEqual({ kind: 'full' })
    politeness.opened('a', 5)
    expect(starts(politeness, 5)).toEqual(['a1', 'a2'])
  })

  test('keeps its distance from a request that began later than it was let go', () => {
    const politeness = opened({ delay: 50 }, ['a'])
    for (const item of ['a1', 'a2']) politeness.add('a', item)
    expect(starts(politeness, 100)).toEqual(['a1'])
    politeness.begun('a', 130)
    expect(politeness.next(150)).toEqual({ kind: 'wait', until: 180 })
    expect(starts(politeness, 180)).toEqual(['a2'])
    expect(politeness.paceOf('a', 200)).toEqual({ delay: 50, pause: 30 })
    expect(politeness.paceOf('b', 200)).toBeUndefined()
  })

  test('asks for robots.txt again when it is closed', () => {
    const politeness = opened({}, ['a'])
    politeness.add('a', 'a1')
    politeness.close('a')
    expect(politeness.next(0)).toEqual({ kind: 'open', host: 'a' })
    politeness.close('a')
    politeness.opened('a', 0)
    expect(starts(politeness, 0)).toEqual(['a1'])
  })

  test('keeps the limit of each host and of all together', () => {
    const politeness = opened({ limit: 3, limitPerHost: 2 }, ['a', 'b'])
    for (const item of ['a1', 'a2', 'a3']) politeness.add('a', item)
    expect(starts(politeness, 0)).toEqual(['a1', 'a2'])
    expect(politeness.next(0)).toEqual({ kind: 'full' })
    for (const item of ['b1', 'b2']) politeness.add('b', item)
    expect(starts(politeness, 0)).toEqual(['b1'])
    expect(politeness.next(0)).toEqual({ kind: 'full' })
    politeness.ended('a')
    expect(starts(politeness, 0)).toHaveLength(1)
    expect(politeness.inFlight).toBe(3)
    expect(politeness.size).toBe(1)
  })

  test('serves hosts in turn, however many items one of them has', () => {
    const politeness = opened({ limitPerHost: 10, limit: 100 }, ['a', 'b', 'c'])
    for (let each = 1; each <= 5; each++) politeness.add('a', `a${each}`)
    politeness.add('b', 'b1')
    politeness.add('c', 'c1')
    expect(starts(politeness, 0)).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', 'a4', 'a5'])
  })

  test('keeps the delay between starts, also when the one before is long over', () => {
    const politeness = opened({ delay: 100 }, ['a', 'b'])
    for (const item of ['a1', 'a2', 'a3']) politeness.add('a', item)
    expect(starts(politeness, 0)).toEqual(['a1'])
    politeness.ended('a')
    expect(politeness.next(10)).toEqual({ kind: 'wait', until: 100 })
    politeness.add('b', 'b1')
    expect(starts(politeness, 50)).toEqual(['b1'])
    expect(politeness.next(99)).toEqual({ kind: 'wait', until: 100 })
    expect(starts(politeness, 130)).toEqual(['a2'])
    expect(politeness.next(200)).toEqual({ kind: 'wait', until: 230 })
  })

  test('counts robots.txt as a request of the delay, from its end', () => {
    const politeness = make({ delay: 100 })
    politeness.add('a', 'a1')
    expect(politeness.next(0)).toEqual({ kind: 'open', host: 'a' })
    politeness.opened('a', 70)
    expect(politeness.next(70)).toEqual({ kind: 'wait', until: 170 })
    expect(starts(politeness, 170)).toEqual(['a1'])
  })

  test('takes the delay that robots.txt asks for when it is the longer one', () => {
    const politeness = make({ delay: 100 })
    politeness.add('a', 'a1')
    politeness.next(0)
    politeness.opened('a', 0, 5000)
    expect(politeness.next(0)).toEqual({ kind: 'wait', until: 5000 })
    politeness.add('b', 'b1')
    politeness.next(0)
    politeness.opened('b', 0, 1)
    expect(politeness.next(0)).toEqual({ kind: 'wait', until: 100 })
  })

  test('adds jitter, and never takes away from the delay', () => {
    const draws = [0, 0.5, 1]
    const politeness = opened({ delay: 100, jitter: 0.5, random: () => draws.shift() ?? 0 }, [])
    politeness.add('a', 'a1')
    politeness.add('a', 'a2')
    politeness.next(0)
    politeness.opened('a', 0)
    expect(politeness.next(0)).toEqual({ kind: 'wait', until: 125 })
    expect(starts(politeness, 125)).toEqual(['a1'])
    expect(politeness.next(125)).toEqual({ kind: 'wait', until: 275 })
  })

  test('tries again at the time given, before what else the host has', () => {
    const politeness = opened({}, ['a'])
    politeness.add('a', 'a1')
    expect(starts(politeness, 0)).toEqual(['a1'])
    politeness.ended('a')
    politeness.retry('a', 'a1 again', 500)
    expect(politeness.size).toBe(1)
    expect(politeness.next(1)).toEqual({ kind: 'wait', until: 500 })
    for (const item of ['a2', 'a3', 'a4']) politeness.add('a', item)
    expect(starts(politeness, 2)).toEqual(['a2', 'a3'])
    politeness.ended('a')
    expect(starts(politeness, 500)).toEqual(['a1 again'])
  })

  test('starts nothing of a host that is paused, and everything of the others', () => {
    const politeness = opened({}, ['a', 'b'])
    politeness.add('a', 'a1')
    politeness.add('b', 'b1')
    politeness.pause('a', 1000)
    expect(starts(politeness, 0)).toEqual(['b1'])
    politeness.ended('b')
    expect(politeness.next(999)).toEqual({ kind: 'wait', until: 1000 })
    politeness.pause('a', 2000)
    expect(politeness.next(1000)).toEqual({ kind: 'wait', until: 2000 })
    expect(starts(politeness, 2000)).toEqual(['a1'])
  })

  test('is idle when there is nothing left', () => {
    const politeness = opened({}, ['a'])
    expect(politeness.next(0)).toEqual({ kind: 'idle' })
    expect(politeness.size).toBe(0)
    expect(politeness.inFlight).toBe(0)
  })

  test('serves 100 000 items of 10 000 hosts, and forgets the hosts', () => {
    const politeness = make({ limit: 1e9, limitPerHost: 1e9 })
    for (let each = 0; each < 100_000; each++) politeness.add(`h${each % 10_000}`, `i${each}`)
    let started = 0
    for (let now = 0; ; now++) {
      const step = politeness.next(now)
      if (step.kind === 'open') politeness.opened(step.host, now)
      else if (step.kind === 'start') {
        started++
        politeness.ended(step.host)
      } else break
    }
    expect(started).toBe(100_000)
  })

  test('holds every promise at once, whatever the order of events', () => {
    const event = fc.record({
      kind: fc.constantFrom('add', 'add', 'end', 'end', 'retry', 'pause', 'time', 'time'),
      host: fc.constantFrom('a', 'b', 'c'),
      amount: fc.nat(150),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const options = { limit: 4, limitPerHost: 2, delay: 40 }
        const politeness = make(options)
        const running: { host: string; item: string | undefined }[] = []
        const lastStart = new Map<string, number>()
        let now = 0
        let added = 0
        const begun: string[] = []

        const drain = (): void => {
          for (;;) {
            const step = politeness.next(now)
            if (step.kind !== 'start' && step.kind !== 'open') return
            expect(now - (lastStart.get(step.host) ?? -Infinity)).toBeGreaterThanOrEqual(
              options.delay,
            )
            lastStart.set(step.host, now)
            running.push({ host: step.host, item: step.kind === 'start' ? step.item : undefined })
            expect(running.length).toBeLessThanOrEqual(options.limit)
            const ofHost = running.filter(({ host }) => host === step.host)
            expect(ofHost.length).toBeLessThanOrEqual(options.limitPerHost)
          }
        }
        const finish = (again: boolean): void => {
          const ended = running.shift()
          if (ended === undefined) return
          if (ended.item === undefined) return politeness.opened(ended.host, now)
          politeness.ended(ended.host)
          if (again) politeness.retry(ended.host, ended.item, now + 70)
          else begun.push(ended.item)
        }

        for (const { kind, host, amount } of events) {
          if (kind === 'add') politeness.add(host, `i${added++}`)
          else if (kind === 'end') finish(false)
          else if (kind === 'retry') finish(true)
          else if (kind === 'pause') politeness.pause(host, now + amount)
          else now += amount
          drain()
        }
        for (let times = 0; times < 5000 && (politeness.size > 0 || running.length > 0); times++) {
          now += 10
          finish(false)
          drain()
        }
        expect(begun.length).toBe(added)
        expect(new Set(begun).size).toBe(added)
      }),
      { numRuns: 200 },
    )
  })
})
