import { turnEnd } from '../turn-end.ts'
import { describe, expect, it } from 'vitest'
import { encodeMessage } from '../../src/frames/frame.ts'
import { Lane } from '../../src/output/lane.ts'
import { Outbox } from '../../src/output/outbox.ts'
import { conflate } from '../../src/output/slow.ts'
import type { SlowPolicy } from '../../src/output/slow.ts'
import { StalledStream } from '../stalled-stream.ts'

function open(): { stream: StalledStream; outbox: Outbox; overflows: () => number } {
  const stream = new StalledStream()
  let overflows = 0
  const outbox = new Outbox(stream, {
    onOverflow: () => {
      overflows += 1
    },
  })
  return { stream, outbox, overflows: () => overflows }
}

const frame = (text: string, key?: unknown) => ({ bytes: encodeMessage(text), key })

function laneOf(slow: SlowPolicy<never>, queueBytes: number, ...members: Outbox[]): Lane {
  const lane = new Lane(slow, queueBytes, 0)
  for (const member of members) lane.add(member)
  return lane
}

describe('Outbox', () => {
  it('sends what is sent in one turn as one write, shared by all members', async () => {
    const members = [open(), open(), open()]
    const lane = laneOf('disconnect', 1000, ...members.map(({ outbox }) => outbox))
    for (const text of ['a', 'b', 'c']) lane.send(frame(text), undefined)
    expect(members[0]?.stream.written).toEqual([])
    await turnEnd()
    const [first, ...others] = members.map(({ stream }) => stream.written)
    expect(first).toHaveLength(1)
    for (const other of others) expect(other[0]).toBe(first?.[0])
    expect(members[2]?.stream.texts).toEqual(['a', 'b', 'c'])
  })

  it('keeps the order of what it sends itself and what its rooms send', async () => {
    const { stream, outbox } = open()
    const other = open()
    const one = laneOf('disconnect', 1000, outbox, other.outbox)
    const two = laneOf('disconnect', 1000, outbox)
    one.send(frame('1'), undefined)
    outbox.push(encodeMessage('2'))
    one.send(frame('3'), undefined)
    one.send(frame('4'), undefined)
    two.send(frame('5'), undefined)
    one.send(frame('6'), undefined)
    two.send(frame('7'), undefined)
    await turnEnd()
    expect(stream.texts).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    expect(other.stream.texts).toEqual(['1', '3', '4', '6'])
  })

  it('leaves out the member that a message is not for', async () => {
    const [a, b] = [open(), open()]
    const lane = laneOf('disconnect', 1000, a.outbox, b.outbox)
    lane.send(frame('1'), a.outbox)
    lane.send(frame('2'), b.outbox)
    lane.send(frame('3'), undefined)
    await turnEnd()
    expect(a.stream.texts).toEqual(['2', '3'])
    expect(b.stream.texts).toEqual(['1', '3'])
  })

  it('sends what was sent before a member left, and to nobody what was sent before it joined', async () => {
    const [a, b] = [open(), open()]
    const lane = laneOf('disconnect', 1000, a.outbox)
    lane.send(frame('1'), undefined)
    lane.add(b.outbox)
    lane.send(frame('2'), undefined)
    lane.delete(a.outbox)
    lane.send(frame('3'), undefined)
    await turnEnd()
    expect(a.stream.texts).toEqual(['1', '2'])
    expect(b.stream.texts).toEqual(['2', '3'])
  })

  it('queues while the system takes no more, and sends the rest in order when it does', async () => {
    const { stream, outbox } = open()
    const lane = laneOf('disconnect', 100_000, outbox)
    for (let i = 0; i < 50; i++) {
      lane.send(frame(String(i)), undefined)
      await turnEnd()
    }
    expect(stream.texts).toEqual(['0'])
    stream.release()
    await turnEnd()
    expect(stream.texts).toEqual(Array.from({ length: 50 }, (_, i) => String(i)))
    expect(outbox.bytes).toBe(stream.writableLength)
  })

  it('tells its owner once that a room found the queue full', async () => {
    const { outbox, overflows } = open()
    const lane = laneOf('disconnect', 30, outbox)
    for (let i = 0; i < 5; i++) {
      lane.send(frame('0123456789'), undefined)
      await turnEnd()
      if (overflows() > 0) lane.delete(outbox)
    }
    expect(overflows()).toBe(1)
  })

  it('drops the oldest of the room, and nothing that is its own', async () => {
    const { stream, outbox } = open()
    const lane = laneOf('drop-oldest', 40, outbox)
    outbox.push(encodeMessage('in flight'))
    await turnEnd()
    outbox.push(encodeMessage('mine'))
    for (let i = 0; i < 9; i++) lane.send(frame(`news ${i}`), undefined)
    await turnEnd()
    expect(outbox.dropped).toBe(7)
    expect(outbox.bytes).toBeLessThanOrEqual(40)
    stream.flow()
    await turnEnd()
    expect(stream.texts).toEqual(['in flight', 'mine', 'news 7', 'news 8'])
  })

  it('keeps the newest message though what is in flight fills the queue alone', async () => {
    const { stream, outbox } = open()
    const lane = laneOf('drop-oldest', 10, outbox)
    lane.send(frame('much too long for it'), undefined)
    await turnEnd()
    for (let i = 0; i < 5; i++) {
      lane.send(frame(`news ${i}`), undefined)
      await turnEnd()
    }
    stream.flow()
    await turnEnd()
    expect(stream.texts).toEqual(['much too long for it', 'news 4'])
  })

  it('replaces what has the same key, in its place, and drops the oldest keys beyond the limit', async () => {
    const { stream, outbox } = open()
    const lane = laneOf(
      conflate(() => 0),
      30,
      outbox,
    )
    lane.send(frame('first', 'a'), undefined)
    await turnEnd()
    for (let i = 0; i < 100; i++) {
      for (const key of ['a', 'b', 'c']) lane.send(frame(`${key}${i}`, key), undefined)
      await turnEnd()
    }
    stream.release()
    await turnEnd()
    expect(stream.texts).toEqual(['first', 'a99', 'b99', 'c99'])
    for (const key of 'abcdefghij') lane.send(frame(`${key} new`, key), undefined)
    await turnEnd()
    stream.flow()
    await turnEnd()
    expect(stream.texts.slice(4)).toEqual(['i new', 'j new'])
  })

  it('keeps no more than the last pong while it waits', async () => {
    const { stream, outbox } = open()
    outbox.push(encodeMessage('in flight'))
    await turnEnd()
    for (let i = 0; i < 1000; i++) outbox.replacePong(encodeMessage(`pong ${i}`))
    expect(outbox.bytes).toBeLessThan(40)
    stream.flow()
    await turnEnd()
    expect(stream.texts).toEqual(['in flight', 'pong 999'])
  })

  it('sends what is queued before its last frame, or drops it, and nothing after it', async () => {
    for (const drop of [false, true]) {
      const { stream, outbox } = open()
      const lane = laneOf('disconnect', 1000, outbox)
      lane.send(frame('in flight'), undefined)
      await turnEnd()
      lane.send(frame('queued'), undefined)
      await turnEnd()
      lane.send(frame('of this turn'), undefined)
      outbox.finish(encodeMessage('close'), drop)
      outbox.end()
      lane.send(frame('late'), undefined)
      outbox.push(encodeMessage('late too'))
      stream.flow()
      await turnEnd()
      const middle = drop ? [] : ['queued', 'of this turn']
      expect(stream.texts).toEqual(['in flight', ...middle, 'close'])
      expect(stream.writableFinished).toBe(true)
    }
  })

  it('costs a stalled member no copy of what the others get', async () => {
    const { outbox } = open()
    const lane = laneOf('disconnect', 2 ** 30, outbox)
    lane.send(frame('in flight'), undefined)
    await turnEnd()
    const shared = frame('x'.repeat(1_000_000))
    global.gc?.()
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 100; i++) lane.send(shared, undefined)
    await turnEnd()
    global.gc?.()
    expect(outbox.bytes).toBeGreaterThan(100_000_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })
})
