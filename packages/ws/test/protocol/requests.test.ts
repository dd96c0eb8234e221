import { checkpoint, ClosedError, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { openEnvelopeMember } from '../open-member.ts'

describe('ServerSocket.request', () => {
  it('that waits for room is refused when the client goes, and nothing else fails', async () => {
    await testRun(async () => {
      const { socket, stream } = openEnvelopeMember('ann', {}, { queueBytes: 1, stalled: true })
      expect(socket.trySend('fills it')).toBe(false) // the welcome did
      const asking = spawn(async () => {
        await expect(socket.request('a question')).rejects.toBeInstanceOf(ClosedError)
      })
      await checkpoint()
      stream.destroy()
      socket.onGone({ code: 1006, reason: '' })
      await asking
    })
  })
})
