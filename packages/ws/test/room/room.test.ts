import { turnEnd } from '../turn-end.ts'
import { conflate, Room } from '@corral/ws'
import { ClosedError, FullError, LaggedError, MisuseError, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { openEnvelopeMember, openMember } from '../open-member.ts'

describe('Room', () => {
  it('sends to all members but the one it comes from', async () => {
    const room = new Room()
    const [a, b] = [openMember(), openMember()]
    room.join(a.socket)
    room.join(b.socket)
    room.send('one', { except: a.socket })
    room.send('two')
    await turnEnd()
    expect([a.texts(), b.texts()]).toEqual([['two'], ['one', 'two']])
  })

  it('is left when the seat is disposed, when the connection ends, and when it closes: once', async () => {
    const room = new Room()
    using presence = room.watch()
    const members = [openMember(), openMember(), openMember()]
    const seats = members.map(({ socket }) => room.join(socket))
    seats[0]?.leave()
    seats[0]?.leave()
    members[1]?.stream.destroy()
    await turnEnd()
    await turnEnd()
    expect(room.size).toBe(1)
    room.close()
    expect(room.size).toBe(0)
    const changes: string[] = []
    for await (const { kind } of presence) changes.push(kind)
    expect(changes.filter((kind) => kind === 'joined')).toHaveLength(3)
    expect(changes.filter((kind) => kind === 'left')).toHaveLength(3)
    expect(members.map(({ socket }) => socket.seats.size)).toEqual([0, 0, 0])
  })

  it('gives a snapshot of its members and every change after it, in order', async () => {
    await testRun(async () => {
      const room = new Room()
      const [a, b] = [openMember({ user: 'ann' }), openMember({ user: 'bob' })]
      const seat = room.join(a.socket)
      using presence = room.watch()
      expect(presence.members.map(({ socket }) => socket.user)).toEqual(['ann'])
      room.join(b.socket)
      seat.leave()
      room.close()
      const changes: string[] = []
      for await (const { kind, seat } of presence) {
        changes.push(`${kind} ${String(seat.socket.user)}`)
      }
      expect(changes).toEqual(['joined bob', 'left ann', 'left bob'])
    })
  })

  it('tells a watcher that is too far behind', async () => {
    const room = new Room()
    using presence = room.watch()
    const { socket } = openMember()
    for (let i = 0; i < 1000; i++) room.join(socket).leave()
    const next = presence[Symbol.asyncIterator]().next()
    await expect(next).rejects.toBeInstanceOf(LaggedError)
  })

  it('refuses a second seat, too many rooms, a closed connection, a closed room', () => {
    const room = new Room()
    const { socket } = openMember({ maxRooms: 1 })
    room.join(socket)
    expect(() => room.join(socket)).toThrow(MisuseError)
    expect(() => new Room().join(socket)).toThrow(FullError)
    socket.close()
    expect(() => room.join(socket)).toThrow(ClosedError)
    room.close()
    expect(() => room.join(openMember().socket)).toThrow(ClosedError)
    expect(() => room.send('x')).toThrow(ClosedError)
  })

  it('sends nothing, and counts nothing, of what is no message', async () => {
    const room = new Room<unknown>({ history: 10 })
    const circle: Record<string, unknown> = {}
    circle['circle'] = circle
    for (const data of [undefined, circle, () => {}, 1n, Symbol('x')]) {
      expect(() => room.send(data)).toThrow(MisuseError)
    }
    expect(room.positions()).toEqual({ [room.epoch]: 0 })
    const { socket, texts } = openMember()
    room.join(socket)
    room.send({ fine: true })
    await turnEnd()
    expect(texts()).toEqual(['{"fine":true}'])
  })

  it('refuses options that are wrong', () => {
    expect(() => new Room({ history: -1 })).toThrow('Room: history must be a whole number')
    expect(() => new Room({ slow: 'fast' as 'wait' })).toThrow("Room: slow must be 'disconnect'")
    expect(() => new Room({ queueBytes: 0 })).toThrow('Room: queueBytes must be')
    expect(() => new Room({ batchDelay: Number.NaN })).toThrow('Room: batchDelay must be')
    expect(() => conflate('key' as never)).toThrow('conflate: key must be a function')
  })

  it('disconnects a member that is too slow with 4008, and no other', async () => {
    const room = new Room({ queueBytes: 100 })
    const [slow, fast] = [openMember({ stalled: true }), openMember()]
    room.join(slow.socket)
    room.join(fast.socket)
    for (let i = 0; i < 20; i++) {
      room.send(`message ${i}`)
      await turnEnd()
    }
    expect(room.size).toBe(1)
    expect(slow.socket.closed?.code).toBe(4008)
    expect(fast.texts()).toHaveLength(20)
    slow.stream.flow()
    await turnEnd()
    const last = slow.stream.written.findLast((chunk) => chunk.length > 0)
    expect(last?.subarray(2)).toEqual(
      Buffer.concat([Buffer.from([0x0f, 0xa8]), Buffer.from('too slow')]),
    )
  })

  it('lets put wait for the slowest member, in order, and refuses send meanwhile', async () => {
    const room = new Room({ slow: 'wait', queueBytes: 50 })
    const [slow, fast] = [openMember({ stalled: true }), openMember()]
    room.join(slow.socket)
    room.join(fast.socket)
    let sent = 0
    const sender = spawn(async () => {
      for (let i = 0; i < 20; i++) {
        await room.put(`message ${i}`)
        sent += 1
        await turnEnd()
      }
    })
    for (let i = 0; i < 40; i++) await turnEnd()
    expect(sent).toBeLessThan(7)
    expect(() => room.send('no')).toThrow(FullError)
    slow.stream.flow()
    await sender
    await turnEnd()
    expect(slow.texts()).toEqual(Array.from({ length: 20 }, (_, i) => `message ${i}`))
    expect(fast.texts()).toEqual(slow.texts())
  })

  it('lets put go on when the slow member leaves, rejects it when the room closes', async () => {
    const room = new Room({ slow: 'wait', queueBytes: 5 })
    const slow = openMember({ stalled: true })
    const seat = room.join(slow.socket)
    await room.put('message')
    await turnEnd()
    const leaves = room.put('second')
    seat.leave()
    await leaves
    room.join(slow.socket)
    const closes = room.put('third')
    room.close()
    await expect(closes).rejects.toBeInstanceOf(ClosedError)
  })

  it('sends what it has kept, on request, before anything else', async () => {
    const room = new Room({ history: 3 })
    for (const text of ['a', 'b', 'c', 'd']) room.send(text)
    const [last, none] = [openMember(), openMember()]
    room.join(last.socket, { last: 2 })
    room.join(none.socket)
    room.send('e')
    await turnEnd()
    expect([last.texts(), none.texts()]).toEqual([['c', 'd', 'e'], ['e']])
  })

  it('holds messages back for batchDelay, and not across a change of its members', async () => {
    const room = new Room({ batchDelay: 20 })
    const [a, b] = [openMember(), openMember()]
    room.join(a.socket)
    room.send('1')
    room.send('2')
    await turnEnd()
    expect(a.texts()).toEqual([])
    room.join(b.socket)
    room.send('3')
    while (b.texts().length === 0) await turnEnd()
    expect([a.texts(), b.texts()]).toEqual([['1', '2', '3'], ['3']])
  })
})

describe('a client of corral.v1', () => {
  it('is told where the room is, then gets each message with its place', async () => {
    const room = new Room({ name: 'news', history: 10 })
    room.send('before')
    const { socket, envelopes } = openEnvelopeMember('c1')
    room.join(socket)
    room.send('after')
    await turnEnd()
    const { epoch } = room
    expect(envelopes()).toEqual([
      { op: 'welcome', id: socket.name },
      { op: 'subscribed', room: 'news', positions: { [epoch]: 1 } },
      { op: 'message', room: 'news', epoch, offset: 2, data: 'after' },
    ])
  })

  it('that comes back gets what it has missed: no gap, no duplicate, not its own messages', async () => {
    const room = new Room({ name: 'news', history: 10 })
    const { epoch } = room
    const first = openEnvelopeMember('c1')
    room.join(first.socket)
    room.send('1')
    await turnEnd()
    first.stream.destroy()
    room.send('2')
    room.send('3', { except: first.socket })
    room.send('4')
    const again = openEnvelopeMember('c1', { news: { [epoch]: 1 } })
    const seat = room.join(again.socket)
    room.send('5')
    await turnEnd()
    expect([seat.recovered, seat.replayed]).toEqual([true, 2])
    const data = again.envelopes().flatMap((one) => (one.op === 'message' ? [one.data] : []))
    expect(data).toEqual(['2', '4', '5'])
  })

  it('is told that not all of it is there, after too long and after a restart', () => {
    const room = new Room({ name: 'news', history: 2 })
    for (let i = 1; i <= 5; i++) room.send(String(i))
    const recovered = (positions: Record<string, number>): boolean | undefined =>
      room.join(openEnvelopeMember('c', { news: positions }).socket).recovered
    expect(recovered({ [room.epoch]: 2 })).toBe(false)
    expect(recovered({ [room.epoch]: 3 })).toBe(true)
    expect(recovered({ [room.epoch]: 5 })).toBe(true)
    expect(recovered({ 'the process before': 5 })).toBe(false)
    expect(recovered({})).toBe(false)
  })

  it('may be behind by more than queueBytes when it comes back, not once it has caught up', async () => {
    const room = new Room({ name: 'news', history: 1000, queueBytes: 1000 })
    const { epoch } = room
    for (let i = 1; i <= 500; i++) room.send(String(i))
    const { socket, stream, envelopes } = openEnvelopeMember(
      'c1',
      { news: { [epoch]: 1 } },
      { stalled: true },
    )
    room.join(socket)
    for (let i = 501; i <= 505; i++) {
      room.send(String(i))
      await turnEnd()
    }
    expect(socket.closed).toBe(undefined)
    stream.flow()
    await turnEnd()
    const data = envelopes().flatMap((one) => (one.op === 'message' ? [one.data] : []))
    expect(data).toEqual(Array.from({ length: 504 }, (_, i) => String(i + 2)))
    stream.stall()
    for (let i = 0; i < 20; i++) {
      room.send('too much')
      await turnEnd()
    }
    expect(socket.closed?.code).toBe(4008)
  })

  it('is too slow if it does not read what it has missed, nor what is new', async () => {
    const room = new Room({ name: 'news', history: 100, queueBytes: 1000 })
    const { epoch } = room
    for (let i = 1; i <= 50; i++) room.send(String(i))
    const { socket } = openEnvelopeMember('c1', { news: { [epoch]: 1 } }, { stalled: true })
    room.join(socket)
    for (let i = 0; i < 20; i++) {
      room.send('too much')
      await turnEnd()
    }
    expect(socket.closed?.code).toBe(4008)
  })

  it('is given no more room by joining again and again', async () => {
    const room = new Room({ name: 'news', history: 100, queueBytes: 1000 })
    const { epoch } = room
    for (let i = 1; i <= 50; i++) room.send(String(i))
    const { socket } = openEnvelopeMember('c1', { news: { [epoch]: 1 } }, { stalled: true })
    room.join(socket).leave()
    await turnEnd()
    room.join(socket)
    await turnEnd()
    expect(socket.closed).toBe(undefined)
    room.send('new')
    await turnEnd()
    expect(socket.closed?.code).toBe(4008)
  })
})
