import { gather, sleep } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

class Connection {
  open = true
  inUse = 0

  async query(sql: string): Promise<string> {
    await failpoint(`send ${sql}`)
    if (!this.open) throw new Error('the connection is closed')
    return 'row'
  }
}

export const useAfterClose: Planted = {
  what: 'the reaper closes a connection that a request has just been given',
  needs: 1,
  program: (mended) => async () => {
    const connection = new Connection()
    const request = async (): Promise<void> => {
      await sleep(20)
      if (!connection.open) return // takes another one
      if (mended) connection.inUse += 1
      await connection.query('begin')
      await connection.query('commit')
      if (mended) connection.inUse -= 1
    }
    const reap = async (): Promise<void> => {
      await sleep(30)
      if (connection.inUse === 0) connection.open = false
    }
    await gather({ request, reap })
  },
}
