import { describe, expect, it } from 'vitest'
import { PingSweep } from '../../src/socket/ping-sweep.ts'
import type { Swept } from '../../src/socket/ping-sweep.ts'

const times = { pingInterval: 25_000, pongTimeout: 10_000, assemblyTimeout: 30_000 }

class FakeConnection implements Swept {
  heard = 0
  deaf = false
  halfRead = false
  messages = 0
  readonly log: string[] = []
  ping(): void {
    this.log.push('ping')
  }
  onSilence(): void {
    this.log.push('silence')
  }
  onHalfMessage(): void {
    this.log.push('half')
  }
}

/** Sweeps every second for so long; `each` is called before. */
function sweepFor(
  seconds: number,
  connection: FakeConnection,
  each?: (second: number) => void,
): string[] {
  const sweep = new PingSweep(times)
  sweep.add(connection)
  const start = performance.now()
  for (let second = 1; second <= seconds; second++) {
    each?.(second)
    sweep.sweep(start + second * 1000)
  }
  sweep.delete(connection)
  return connection.log
}

describe('PingSweep', () => {
  it('pings after silence, and ends what does not answer', () => {
    const connection = new FakeConnection()
    expect(sweepFor(24, connection)).toEqual([])
    expect(sweepFor(27, connection)).toEqual(['ping'])
    expect(sweepFor(40, new FakeConnection()).slice(0, 2)).toEqual(['ping', 'silence'])
  })

  it('takes anything that comes for an answer', () => {
    const connection = new FakeConnection()
    const log = sweepFor(200, connection, () => {
      if (connection.log.length > connection.heard) connection.heard = connection.log.length
    })
    expect(new Set(log)).toEqual(new Set(['ping']))
    expect(log.length).toBeGreaterThan(5)
  })

  it('does not take the silence of a peer that is not read for its end', () => {
    const connection = new FakeConnection()
    connection.deaf = true
    connection.halfRead = true
    expect(sweepFor(500, connection)).toEqual([])
  })

  it('ends a message that is not completed, whatever else is sent; not one message after the other', () => {
    const slow = new FakeConnection()
    slow.halfRead = true
    expect(sweepFor(32, slow, () => (slow.heard += 1))).toContain('half')
    const busy = new FakeConnection()
    busy.halfRead = true
    sweepFor(100, busy, () => {
      busy.heard += 1
      busy.messages += 1
    })
    expect(busy.log).toEqual([])
  })

  it('keeps one timer for all, and none for nobody', () => {
    const sweep = new PingSweep(times)
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const connections = Array.from({ length: 1000 }, () => new FakeConnection())
    for (const connection of connections) sweep.add(connection)
    for (const connection of connections) sweep.delete(connection)
    expect(timers()).toBeLessThanOrEqual(before)
  })
})
