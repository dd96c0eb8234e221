import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBusMessage, encodeBusMessage } from '../../src/bus/bus-message.ts'
import type { BusMessage } from '../../src/bus/bus-message.ts'
import { RoomLink } from '../../src/bus/room-link.ts'
import { RoomLog } from '../../src/room/room-log.ts'
import { RoomMessage } from '../../src/room/room-message.ts'

/** A room in one process, on a wire that the test holds. */
class Process {
  readonly epoch: string
  readonly log: RoomLog
  readonly link: RoomLink
  readonly out: string[] = []
  /** What its members got, as `epoch:offset`, and `epoch:offset!` for what they were told is lost. */
  readonly told: string[] = []
  #offset = 0

  constructor(epoch: string, now: number, kept = 1000) {
    this.epoch = epoch
    this.log = new RoomLog(kept)
    this.log.begin(epoch, 1)
    this.link = new RoomLink(
      {
        epoch,
        log: this.log,
        deliver: ({ epoch: of, offset, data, except }) => {
          this.log.append(new RoomMessage('room', of, offset, data, except, undefined))
          this.told.push(`${of}:${offset}`)
        },
        lost: (of, offset) => {
          this.log.skip(of, offset)
          this.told.push(`${of}:${offset}!`)
        },
        ready: () => {},
        publish: (message) => this.out.push(encodeBusMessage(message)),
      },
      2000,
      now,
    )
  }

  send(): void {
    this.#offset += 1
    const message = new RoomMessage(
      'room',
      this.epoch,
      this.#offset,
      `d${this.#offset}`,
      undefined,
      0,
    )
    this.log.append(message)
    this.out.push(encodeBusMessage({ op: 'messages', messages: [message] }))
  }

  receive(text: string, now: number): void {
    this.link.receive(decodeBusMessage(text) as BusMessage, now)
  }
}

/** Carries everything to everybody, until nothing is said any more. */
function carry(
  processes: readonly Process[],
  now: number,
  passes: () => boolean = () => true,
): void {
  for (let busy = true; busy;) {
    busy = false
    for (const from of processes) {
      for (const text of from.out.splice(0)) {
        busy = true
        for (const to of processes) if (to !== from && passes()) to.receive(text, now)
      }
    }
  }
}

function connected(count: number): Process[] {
  const processes = Array.from({ length: count }, (_, i) => new Process(`p${i}`, 0))
  for (const process of processes) process.link.connected(0)
  carry(processes, 0)
  for (const process of processes) process.link.tick(600)
  carry(processes, 600)
  return processes
}

describe('RoomLink', () => {
  it('delivers what others send, once and in order', () => {
    const [a, b] = connected(2) as [Process, Process]
    for (let i = 0; i < 3; i++) a.send()
    const texts = [...a.out]
    carry([a, b], 700)
    for (const text of texts) b.receive(text, 700)
    expect(b.told).toEqual(['p0:1', 'p0:2', 'p0:3'])
    expect(a.told).toEqual([])
  })

  it('asks for what was lost on the way, also for the last message', () => {
    const [a, b] = connected(2) as [Process, Process]
    a.send()
    carry([a, b], 700)
    a.send()
    a.out.length = 0 // lost
    a.send()
    carry([a, b], 710)
    expect(b.told).toEqual(['p0:1', 'p0:2', 'p0:3'])
    a.send()
    a.out.length = 0
    a.link.tick(1500)
    carry([a, b], 1500)
    expect(b.told.at(-1)).toBe('p0:4')
  })

  it('tells members of a gap that nobody can fill, and goes on behind it', () => {
    const a = new Process('a', 0, 0) // keeps nothing
    const b = new Process('b', 0)
    for (const one of [a, b]) one.link.tick(3000)
    a.send()
    carry([a, b], 3000)
    a.send()
    a.send()
    a.out.length = 0
    a.send()
    carry([a, b], 3100)
    expect(b.told).toEqual(['a:1'])
    for (let now = 3200; now < 5200; now += 100) {
      b.link.tick(now)
      carry([a, b], now)
    }
    expect(b.told).toEqual(['a:1', 'a:3!', 'a:4'])
    expect(b.log.since({ a: 1 }).complete).toBe(false)
    expect(b.log.since({ a: 3 }).complete).toBe(true)
  })

  it('has the history of the others when it starts late, and lets clients go on there', () => {
    const [a] = connected(1) as [Process]
    for (let i = 0; i < 5; i++) a.send()
    const late = new Process('late', 1000)
    late.link.connected(1000)
    a.send() // while it starts
    carry([a, late], 1000)
    expect(late.link.ready).toBe(true)
    const { complete, messages } = late.log.since({ p0: 3 })
    expect([complete, messages.map(({ offset }) => offset)]).toEqual([true, [4, 5, 6]])
    expect(late.log.since({}).complete).toBe(true)
  })

  it('gets from the others what a publisher that has died had sent', () => {
    const [dead, b, c] = connected(3) as [Process, Process, Process]
    dead.send()
    const [last] = dead.out.splice(0)
    b.receive(last as string, 700) // c never gets it
    b.link.tick(1300)
    carry([b, c], 1300)
    expect(c.told).toEqual(['p0:1'])
  })

  it('takes nothing for a message that is none', () => {
    for (const text of ['', '{', 'null', '{"op":1}', '{"op":"messages"}', '{"messages":5}']) {
      const message = decodeBusMessage(text)
      if (message !== undefined) connected(1)[0]?.link.receive(message, 0)
    }
    expect(decodeBusMessage('{"op":"messages","messages":[1]}')).toBe(undefined)
  })

  it('carries text, bytes and values', () => {
    for (const data of ['text', new Uint8Array([0, 255]), { a: [1] }, null, 5]) {
      const messages = [{ epoch: 'e', offset: 1, data, except: undefined }]
      expect(decodeBusMessage(encodeBusMessage({ op: 'messages', messages }))).toEqual({
        op: 'messages',
        messages,
      })
    }
  })

  it('whatever is lost: each member gets each message once and in order, or is told', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), who: fc.nat(2) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), who: fc.nat(900) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), who: fc.nat(2) }) },
    )
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.infiniteStream(fc.nat(9)),
        fc.integer({ min: 0, max: 9 }),
        (steps, chance, losses) => {
          const processes = connected(3)
          let now = 1000
          const passes = (): boolean => (chance.next().value as number) >= losses
          for (const { kind, who } of steps) {
            if (kind === 'send') processes[who]?.send()
            else if (kind === 'again') processes[who]?.link.connected(now)
            else now += who
            for (const process of processes) process.link.tick(now)
            carry(processes, now, passes)
          }
          const end = now + 20_000
          for (; now < end; now += 250) {
            for (const process of processes) process.link.tick(now)
            carry(processes, now)
          }
          for (const process of processes) {
            for (const other of processes) {
              if (other === process) continue
              const told = process.told.filter((one) => one.startsWith(`${other.epoch}:`))
              let last = 0
              for (const one of told) {
                const offset = Number.parseInt(one.split(':')[1] as string, 10)
                if (one.endsWith('!')) expect(offset).toBeGreaterThan(last)
                else expect(offset).toBe(last + 1)
                last = offset
              }
              // Kept for all: so nothing is lost for good.
              expect(last).toBe(other.log.last(other.epoch))
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
