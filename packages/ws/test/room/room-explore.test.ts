import { Room } from '@corral/ws'
import type { Seat } from '@corral/ws'
import { checkpoint, taskGroup } from 'corral'
import { explore } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../src/protocol/envelope.ts'
import { openEnvelopeMember } from '../open-member.ts'

/** A client that follows the protocol over all its connections. */
class Client {
  readonly got: number[] = []
  /** It was told that messages are missing. */
  lost = false
  readonly #room: Room<number>
  #positions: Record<string, number> | undefined
  #member: ReturnType<typeof openEnvelopeMember> | undefined
  #read = 0
  seat: Seat<number> | undefined

  constructor(room: Room<number>) {
    this.#room = room
  }

  connect(): void {
    const rooms = this.#positions === undefined ? {} : { r: this.#positions }
    this.#member = openEnvelopeMember('client', rooms)
    this.#read = 0
    this.seat = this.#room.join(this.#member.socket)
  }

  /** Reads what has come. */
  read(): void {
    for (const envelope of this.#member?.envelopes().slice(this.#read) ?? []) {
      this.#read += 1
      this.#take(envelope)
    }
  }

  #take(envelope: Envelope): void {
    if (envelope.op === 'subscribed') {
      this.lost ||= envelope.recovered === false
      this.#positions = { ...envelope.positions, ...this.#positions }
    }
    if (envelope.op !== 'message') return
    this.#positions = { ...this.#positions, [envelope.epoch as string]: envelope.offset as number }
    this.got.push(envelope.data as number)
  }

  /** What was sent and not read yet is lost with the connection. */
  cut(): void {
    this.#member?.stream.destroy()
    this.#member?.socket.onGone({ code: 1006, reason: '' })
  }
}

describe('Room, explored', () => {
  it('join, send, cut, resume and kick in any order: no gap, no duplicate, no ghost', async () => {
    const { schedules } = await explore(
      async () => {
        const room = new Room<number>({ name: 'r', history: 100 })
        using presence = room.watch()
        const client = new Client(room)
        client.connect()
        let sent = 0
        await taskGroup(async (group) => {
          group.spawn(async () => {
            for (let i = 0; i < 4; i++) {
              room.send((sent += 1))
              await checkpoint()
            }
          })
          group.spawn(async () => {
            await checkpoint()
            client.read()
            await checkpoint()
            client.cut()
            await checkpoint()
            client.connect()
          })
          group.spawn(async () => {
            await checkpoint()
            await checkpoint()
            for (const seat of room.members()) seat.leave() // kicked
            await checkpoint()
          })
          await checkpoint()
        })
        // Kicked or cut last of all: it comes back once more.
        await checkpoint()
        client.read()
        client.cut()
        client.connect()
        room.send((sent += 1))
        await checkpoint()
        client.read()
        const first = client.got[0] as number
        const all = Array.from({ length: sent - first + 1 }, (_, i) => first + i)
        expect(client.got).toEqual(all)
        expect([first, client.lost]).toEqual([1, false])
        expect(room.size).toBe(1)
        room.close()
        const balance = { joined: 0, left: 0 }
        for await (const { kind } of presence) balance[kind] += 1
        expect(balance.left).toBe(balance.joined)
      },
      { budget: 400, foreign: 'wait' },
    )
    expect(schedules).toBeGreaterThan(20)
  })
})
