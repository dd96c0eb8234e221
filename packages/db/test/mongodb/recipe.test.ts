import { currentSignal, moveOnAfter, timeout, TimeoutError } from 'corral'
import { MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { failure, until } from '../postgres/serve.ts'
import { openMongodbDouble } from './mongodb-double.ts'

/** The recipe of docs/mongodb.md. */
async function findUser(client: MongoClient, filter: object): Promise<unknown> {
  const users = client.db().collection('users')
  const user = await users.findOne(filter, { signal: currentSignal() })
  return user?.['name']
}

describe('MongoDB, with currentSignal()', () => {
  it('gives up a query that is cancelled, and closes its connection', async () => {
    await using server = await openMongodbDouble()
    const client = new MongoClient(server.url, { monitorCommands: false })
    try {
      expect(await findUser(client, { id: 1 })).toBe('Ada')
      const slow = await moveOnAfter(200, () => findUser(client, { slow: true }))
      expect(slow.timedOut).toBe(true)
      await until(() => server.broken === 1)
      expect(await findUser(client, { id: 1 })).toBe('Ada')
    } finally {
      await client.close()
    }
  })

  it('is a timeout like any other', async () => {
    await using server = await openMongodbDouble()
    const client = new MongoClient(server.url)
    try {
      await client.connect()
      const error = await failure(() => timeout(200, () => findUser(client, { slow: true })))
      expect(error).toBeInstanceOf(TimeoutError)
    } finally {
      await client.close()
    }
  })

  it('sends nothing that would stop the query at the server: that is the limit', async () => {
    await using server = await openMongodbDouble()
    const client = new MongoClient(server.url)
    try {
      await moveOnAfter(200, () => findUser(client, { slow: true }))
      await until(() => server.broken === 1)
      expect(server.commands).toContain('find')
      expect(server.commands).not.toContain('killOp')
      expect(server.commands).not.toContain('killCursors')
    } finally {
      await client.close()
    }
  })
})
