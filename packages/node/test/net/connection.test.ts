import { BrokenError, BusyError, ClosedError, Future, moveOnAfter, sleep, spawn } from 'corral'
import { describe, expect, it } from 'vitest'
import { connect, openListener } from '../../src/index.ts'
import type { Connection, ConnectOptions, ListenOptions } from '../../src/index.ts'
import { cert, key } from './certificate.ts'
import { openDescriptors, real, settled } from './sockets.ts'

/** Both ends of a connection. */
async function pair(
  test: (client: Connection, server: Connection) => Promise<void>,
  options: ListenOptions = {},
  connectOptions: ConnectOptions = {},
): Promise<void> {
  const accepted = new Future<Connection>()
  await using listener = await openListener(async (connection) => {
    accepted.resolve(connection)
    await sleep(Infinity)
  }, options)
  const to = { host: 'localhost', port: listener.address.port as number }
  await using client = await connect(to, connectOptions)
  await test(client, await accepted)
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(undefined, (error: unknown) => error)
}

const big = Buffer.alloc(30_000_000, 'x')

describe('Connection', () => {
  it(
    'is half-open: the answer comes after the end of the question',
    real(() =>
      pair(async (client, server) => {
        await client.write('question')
        await client.closeWrite()
        expect(String(await server.readExactly(8))).toBe('question')
        expect(await server.read()).toBeUndefined()
        await sleep(5)
        await server.write('answer')
        await server.closeWrite()
        expect(String(await client.readExactly(6))).toBe('answer')
        expect(await client.read()).toBeUndefined()
      }),
    ),
  )

  it(
    'refuses to write after closeWrite, and can still read',
    real(() =>
      pair(async (client, server) => {
        await client.closeWrite()
        expect(await failure(client.write('x'))).toBeInstanceOf(ClosedError)
        await server.write('here')
        expect(String(await client.readExactly(4))).toBe('here')
      }),
    ),
  )

  it(
    'write waits for a reader, and delivers all',
    real(() =>
      pair(async (client, server) => {
        let isTaken = false
        const writing = spawn(() => client.write(big).then(() => (isTaken = true)))
        await sleep(50)
        expect(isTaken).toBe(false)
        expect((await server.readExactly(big.length)).equals(big)).toBe(true)
        await writing
      }),
    ),
  )

  it(
    'a cancelled write breaks it on both sides',
    real(() =>
      pair(async (client, server) => {
        expect(await moveOnAfter(20, () => client.write(big))).toEqual({ timedOut: true })
        for (const work of [
          () => client.write('x'),
          () => client.read(),
          () => client.closeWrite(),
        ]) {
          const error = (await failure(work())) as Error
          expect(error).toBeInstanceOf(BrokenError)
          expect(error.message).toContain('a write was cancelled half-way')
        }
        const rest = async (): Promise<void> => {
          for await (const _chunk of server);
        }
        expect(await failure(rest())).toBeInstanceOf(BrokenError)
      }),
    ),
  )

  it(
    'close sends what was written, however much',
    real(() =>
      pair(async (client, server) => {
        const writing = spawn(() => client.write(big))
        await sleep(1)
        const closing = spawn(() => client.close())
        expect((await server.readExactly(big.length)).length).toBe(big.length)
        expect(await server.read()).toBeUndefined()
        await closing
        await writing
      }),
    ),
  )

  it(
    'close resets after the grace when the other side does not read',
    real(() =>
      pair(async (client, server) => {
        const writing = spawn(() => failure(client.write(big)))
        await sleep(1)
        await client.close({ grace: 20 })
        expect(await writing).toBeInstanceOf(Error)
        expect(await failure(server.readExactly(big.length))).toBeInstanceOf(BrokenError)
      }),
    ),
  )

  it(
    'a second reader is refused, a second writer waits for its turn',
    real(() =>
      pair(async (client, server) => {
        const reading = spawn(() => server.readExactly(2_000_001))
        await sleep(0)
        expect(await failure(server.read())).toBeInstanceOf(BusyError)
        const parts = ['a', 'b'].map((letter) => letter.repeat(1_000_000))
        const writing = parts.map((part) => spawn(() => client.write(part)))
        for (const one of writing) await one
        await client.write('c')
        expect(String(await reading)).toBe(`${parts.join('')}c`)
      }),
    ),
  )

  it(
    'aborted by the other side breaks reads and writes, and tells the code',
    real(() =>
      pair(async (client, server) => {
        const reading = spawn(() => failure(client.read()))
        await sleep(5)
        server.abort()
        const error = (await reading) as Error
        expect(error).toBeInstanceOf(BrokenError)
        expect(error.message).toContain('ECONNRESET')
        expect(await failure(client.write('x'))).toBe(error)
        expect(await failure(server.read())).toBeInstanceOf(ClosedError)
      }),
    ),
  )

  it(
    'knows both its ends',
    real(() =>
      pair(async (client, server) => {
        expect(client.remote).toEqual(server.local)
        expect(client.local).toEqual(server.remote)
        expect(String(client)).toContain(`:${client.remote.port}`)
      }),
    ),
  )

  it(
    'what was idle for long and is closed holds no descriptor',
    real(async () => {
      const before = openDescriptors()
      for (let round = 0; round < 20; round++) await pair(async () => {})
      await settled(before)
      expect(openDescriptors()).toBeLessThanOrEqual(before)
    }),
  )
})

describe('Connection with TLS', () => {
  const tls = { key, cert }

  it(
    'tells what was agreed on',
    real(() =>
      pair(
        async (client, server) => {
          await client.write('hello')
          expect(String(await server.readExactly(5))).toBe('hello')
          expect(client.tls).toMatchObject({ authorized: true, alpn: 'x', protocol: 'TLSv1.3' })
          expect(client.tls?.certificate?.subject.CN).toBe('localhost')
          expect(server.tls?.certificate).toBeUndefined()
        },
        { tls: { ...tls, ALPNProtocols: ['x'] } },
        { tls: { ca: cert, ALPNProtocols: ['x'] } },
      ),
    ),
  )

  it(
    'is refused for a certificate that nobody vouches for, or that is of another host',
    real(async () => {
      await using listener = await openListener(
        async (connection) => {
          await connection.read()
        },
        { tls },
      )
      const before = openDescriptors()
      const to = { host: 'localhost', port: listener.address.port as number }
      expect(await failure(connect(to, { tls: true }))).toMatchObject({
        code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      })
      const other = { ca: cert, servername: 'example.com' }
      expect(await failure(connect(to, { tls: other }))).toMatchObject({
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      })
      await settled(before)
      const address = { ...to, host: '127.0.0.1' }
      await using connection = await connect(address, { tls: { ca: cert } })
      expect(connection.tls?.authorized).toBe(true)
    }),
  )

  it(
    'begins in the middle, after words in the clear',
    real(() =>
      pair(async (client, server) => {
        expect(client.tls).toBeUndefined()
        const serving = spawn(async () => {
          expect(String(await server.readUntil('\n'))).toBe('STARTTLS\n')
          await server.write('go\n')
          await server.startTls(tls)
          for await (const line of server.lines()) await server.write(`${line}!\n`)
          await server.closeWrite()
        })
        await client.write('STARTTLS\n')
        expect(String(await client.readUntil('\n'))).toBe('go\n')
        await client.startTls({ ca: cert, servername: 'localhost' })
        await client.write(`secret\n${'x'.repeat(500_000)}\n`)
        expect(String(await client.readUntil('\n'))).toBe('secret!\n')
        expect(await client.readUntil('\n')).toHaveLength(500_002)
        await client.closeWrite()
        expect(await client.read()).toBeUndefined()
        await serving
      }),
    ),
  )

  it(
    'takes nothing that was slipped in before the handshake for encrypted words',
    real(() =>
      pair(async (client, server) => {
        const serving = spawn(async () => {
          await server.readUntil('\n')
          await sleep(5) // what was slipped in has arrived
          return failure(server.startTls(tls))
        })
        await client.write('STARTTLS\nEVIL\n')
        expect(await serving).toBeInstanceOf(Error)
        expect(await failure(server.read())).toBeInstanceOf(BrokenError)
      }),
    ),
  )

  it(
    'cancelled in its handshake is broken',
    real(() =>
      pair(async (client) => {
        const { timedOut } = await moveOnAfter(20, () => client.startTls({ ca: cert }))
        expect(timedOut).toBe(true)
        expect(await failure(client.write('x'))).toBeInstanceOf(BrokenError)
      }),
    ),
  )
})
