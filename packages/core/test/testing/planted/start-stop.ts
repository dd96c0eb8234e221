import { gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const startStop: Planted = {
  what: 'stop comes while start is under way, finds nothing to stop, and the server stays up',
  needs: 1,
  program: (mended) => async () => {
    let server: { listening: boolean } | undefined
    let stopped = false
    const start = async (): Promise<void> => {
      for (const step of ['config.read', 'port.bind']) await failpoint(step)
      server = { listening: !(mended && stopped) }
    }
    const stop = async (): Promise<void> => {
      for (const step of ['signal', 'log.write', 'log.flush', 'drain']) await failpoint(step)
      stopped = true
      if (server !== undefined) server.listening = false
    }
    await gather({ start, stop })
    if (server?.listening === true) throw new Error('it was stopped and listens')
  },
}
