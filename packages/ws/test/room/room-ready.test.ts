import { memoryBus, Room } from '@corral/ws'
import { ClosedError, moveOnAfter, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { openEnvelopeMember } from '../open-member.ts'

describe('Room.ready', () => {
  it('settles at once without a bus', async () => {
    await testRun(async () => {
      using room = new Room()
      expect((await moveOnAfter(1, () => room.ready())).timedOut).toBe(false)
    })
  })

  it('waits for the history of the others: then one of them may go', async () => {
    const bus = memoryBus()
    const old = new Room<string>({ name: 'r', history: 10, bus })
    await old.ready() // it is alone
    old.send('one')
    using fresh = new Room<string>({ name: 'r', history: 10, bus })
    expect(fresh.positions()[old.epoch]).toBe(undefined)
    await fresh.ready()
    old.close()
    const back = openEnvelopeMember('ann', { r: { [old.epoch]: 0 } })
    const seat = fresh.join(back.socket)
    expect([seat.recovered, seat.replayed]).toEqual([true, 1])
  })

  it('is refused when the room is closed, even while it waits', async () => {
    await testRun(async () => {
      const room = new Room({ bus: memoryBus() })
      const waiting = spawn(async () => {
        await expect(room.ready()).rejects.toBeInstanceOf(ClosedError)
      })
      room.close()
      await waiting
      await expect(room.ready()).rejects.toBeInstanceOf(ClosedError)
    })
  })
})
