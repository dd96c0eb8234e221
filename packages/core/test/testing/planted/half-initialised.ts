import { gather, Once } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

interface Database {
  migrated: boolean
}

export const halfInitialised: Planted = {
  what: 'the second caller gets the database while the first is still migrating it',
  needs: 1,
  program: (mended) => async () => {
    let database: Database | undefined
    const migrate = async (fresh: Database): Promise<void> => {
      for (const step of ['create users', 'create orders']) await failpoint(step)
      fresh.migrated = true
    }
    const once = new Once(async () => {
      const fresh = { migrated: false }
      await migrate(fresh)
      return fresh
    })
    const connect = async (): Promise<Database> => {
      if (mended) return once.get()
      if (database === undefined) {
        database = { migrated: false }
        await migrate(database)
      }
      return database
    }
    const request = async (): Promise<void> => {
      const { migrated } = await connect()
      if (!migrated) throw new Error('no such table: users')
    }
    await gather({
      first: request,
      second: async () => {
        for (const step of ['tls.hello', 'http.read', 'auth.check']) await failpoint(step)
        await request()
      },
    })
  },
}
