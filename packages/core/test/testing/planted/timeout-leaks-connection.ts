import { moveOnAfter, shield, sleep } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const timeoutLeaksConnection: Planted = {
  what: 'time runs out between the connect and the try, and nobody closes the connection',
  needs: 1,
  strategies: ['timeout', 'delay', 'time'],
  program: (mended) => async () => {
    let open = 0
    const connect = async (): Promise<void> => {
      await sleep(5)
      open += 1
    }
    const close = async (): Promise<void> => {
      await shield(() => sleep(1))
      open -= 1
    }
    await moveOnAfter(100, async () => {
      if (mended) {
        await connect()
        try {
          await failpoint('handshake')
          await sleep(10)
        } finally {
          await close()
        }
      } else {
        await connect()
        await failpoint('handshake')
        try {
          await sleep(10)
        } finally {
          await close()
        }
      }
    })
    if (open > 0) throw new Error('a connection was left open')
  },
}
