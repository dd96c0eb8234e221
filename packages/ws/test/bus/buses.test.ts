import { connect as connectTcp } from 'node:net'
import { connect as connectNats } from '@nats-io/transport-node'
import { openTestPostgres } from '@corral/db/testing'
import { memoryBus, natsBus, redisBus, Room } from '@corral/ws'
import type { Bus } from '@corral/ws'
import { postgresBus } from '@corral/ws/postgres'
import { run, sleep } from 'corral'
import { Client } from 'pg'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { openEnvelopeMember, openMember } from '../open-member.ts'
import { until } from '../with-server.ts'

interface Setup {
  readonly name: string
  /** Port of the service; 0 for none. */
  readonly port: number
  /** Runs `body` with two connections, and with what cuts the second one. */
  readonly open: (
    body: (one: Bus, two: Bus, cut: () => Promise<unknown>) => Promise<void>,
  ) => Promise<void>
}

const setups: Setup[] = [
  {
    name: 'memoryBus',
    port: 0,
    open: async (body) => {
      const bus = memoryBus()
      await body(bus, bus, () => Promise.resolve())
    },
  },
  {
    name: 'redisBus',
    port: 6379,
    open: async (body) => {
      const clients = [createClient(), createClient()]
      for (const client of clients) await client.connect()
      const [a, b] = clients as [(typeof clients)[0], (typeof clients)[0]]
      await using one = redisBus(a)
      await using two = redisBus(b)
      const kill = () => a.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
      await body(one, two, kill)
      for (const client of clients) client.destroy()
    },
  },
  {
    name: 'natsBus',
    port: 4222,
    open: async (body) => {
      const options = { maxReconnectAttempts: -1, reconnectTimeWait: 50 }
      const [a, b] = [await connectNats(options), await connectNats(options)]
      await body(natsBus(a), natsBus(b), () => b.reconnect())
      await a.close()
      await b.close()
    },
  },
  {
    name: 'postgresBus',
    port: 0,
    open: async (body) => {
      await using postgres = await openTestPostgres()
      await using one = postgresBus(postgres.url)
      await using two = postgresBus(postgres.url)
      const client = new Client({ connectionString: postgres.url })
      await client.connect()
      const kill = () =>
        client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' or query like '%pg_notify%' and pid <> pg_backend_pid()",
        )
      try {
        await body(one, two, kill)
      } finally {
        await client.end()
      }
    },
  },
]

describe.each(setups)('$name', ({ name, port, open }) => {
  it('joins the rooms of a name, and no others', async ({ skip }) => {
    await run(async () => {
      if (port !== 0 && !(await answers(port))) skip(`no service on port ${port}`)
      await open(async (one, two) => {
        const unique = `${name} ${String(Math.random())} ü *`
        using a = new Room<string>({ name: unique, bus: one })
        using b = new Room<string>({ name: unique, bus: two })
        using other = new Room<string>({ name: `${unique} other`, bus: two })
        const [inA, inB, elsewhere] = [openMember(), openMember(), openMember()]
        a.join(inA.socket)
        b.join(inB.socket)
        other.join(elsewhere.socket)
        await joined(a, b)
        const big = 'ü'.repeat(20_000)
        a.send('from a')
        b.send('from b')
        a.send(big)
        await until(() => inB.texts().length === 3 && inA.texts().length === 3)
        expect(inB.texts().filter((text) => text !== 'from b')).toEqual(['from a', big])
        expect(elsewhere.texts()).toEqual([])
      })
    })
  })

  it('brings every message once and in order though a connection is cut again and again', async ({
    skip,
  }) => {
    await run(async () => {
      if (port !== 0 && !(await answers(port))) skip(`no service on port ${port}`)
      await open(async (one, two, cut) => {
        const unique = `${name} ${String(Math.random())}`
        using a = new Room<string>({ name: unique, bus: one, history: 1000, gapTimeout: 30_000 })
        using b = new Room<string>({ name: unique, bus: two, history: 1000, gapTimeout: 30_000 })
        const member = openMember()
        b.join(member.socket)
        await joined(a, b)
        for (let i = 0; i < 400; i++) {
          a.send(String(i))
          if (i % 100 === 50) await cut()
          await sleep(1)
        }
        await until(() => member.texts().length >= 400)
        expect(member.texts()).toEqual(Array.from({ length: 400 }, (_, i) => String(i)))
        // A client of the other process goes on here.
        const back = openEnvelopeMember('c', { [unique]: { [a.epoch]: 390 } })
        expect(b.join(back.socket).recovered).toBe(true)
      })
    })
  })
})

/** Waits until each knows of the other. */
async function joined(a: Room<string>, b: Room<string>): Promise<void> {
  await until(() => b.positions()[a.epoch] !== undefined && a.positions()[b.epoch] !== undefined)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
