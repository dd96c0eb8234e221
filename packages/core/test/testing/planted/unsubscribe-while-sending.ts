import { gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const unsubscribeWhileSending: Planted = {
  what: 'one listener leaves while a message goes round, and the next one is skipped',
  needs: 1,
  program: (mended) => async () => {
    const got = new Set<string>()
    const listeners = ['a', 'b', 'c']
    const publish = async (): Promise<void> => {
      const round = mended ? [...listeners] : listeners
      for (let i = 0; i < round.length; i++) {
        await failpoint('socket.write')
        got.add(round[i] as string)
      }
    }
    const leave = async (): Promise<void> => {
      for (const step of ['frame.read', 'frame.parse', 'session.end', 'log.write']) {
        await failpoint(step)
      }
      listeners.splice(listeners.indexOf('a'), 1)
    }
    await gather({ publish, leave })
    if (!got.has('b') || !got.has('c')) throw new Error('somebody who stayed got nothing')
  },
}
