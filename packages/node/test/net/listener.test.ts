import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect as rawConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelScope, Event, gather, gatherSettled, race, sleep, spawn, timeout } from 'corral'
import { afterAll, describe, expect, it } from 'vitest'
import { connect, openListener, openProcess, serve } from '../../src/index.ts'
import type { Connection, ConnectTarget, Listener } from '../../src/index.ts'
import { cert, key } from './certificate.ts'
import { openDescriptors, real, settled } from './sockets.ts'

const folder = mkdtempSync(join(tmpdir(), 'corral-listen-'))
afterAll(() => rmSync(folder, { recursive: true }))

const to = (listener: Listener): ConnectTarget => ({
  host: 'localhost',
  port: listener.address.port as number,
})

async function echo(connection: Connection): Promise<void> {
  for await (const chunk of connection) await connection.write(chunk)
}

async function ask(listener: Listener, text: string, tls = false): Promise<string> {
  await using connection = await connect(to(listener), tls ? { tls: { ca: cert } } : {})
  await connection.write(`${text}\n`)
  return String(await connection.readUntil('\n')).trim()
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5)
}

describe('openListener', () => {
  it(
    'a handler that fails closes its connection and no other, and is told once',
    real(async () => {
      const told: unknown[] = []
      await using listener = await openListener(
        async (connection) => {
          const line = String(await connection.readUntil('\n'))
          if (line === 'fail\n') throw new Error('as asked')
          await connection.write(line)
          await echo(connection)
        },
        { onError: (error) => told.push(error) },
      )
      await using other = await connect(to(listener))
      await other.write('hello\n')
      await other.readUntil('\n')
      await expect(ask(listener, 'fail')).rejects.toMatchObject({ code: 'BROKEN' })
      await other.write('still here\n')
      expect(String(await other.readUntil('\n'))).toBe('still here\n')
      expect(told).toMatchObject([{ message: 'as asked' }])
    }),
  )

  it(
    'does not report a client that went away',
    real(async () => {
      const told: unknown[] = []
      await using listener = await openListener(echo, { onError: (error) => told.push(error) })
      for (let round = 0; round < 10; round++) {
        await using connection = await connect(to(listener))
        await connection.write('x'.repeat(round * 100_000))
        connection.abort()
      }
      await until(() => listener.live === 0)
      expect(told).toEqual([])
    }),
  )

  it(
    'handles at most max at a time, and the others in their turn',
    real(async () => {
      let [now, most] = [0, 0]
      await using listener = await openListener(
        async (connection) => {
          most = Math.max(most, ++now)
          await sleep(5)
          await echo(connection)
          now -= 1
        },
        { max: 3 },
      )
      const answers = await gather(
        Array.from({ length: 20 }, (_, i) => () => ask(listener, String(i))),
      )
      expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
      expect(most).toBe(3)
    }),
  )

  it(
    'drain takes nobody new, lets those that are here end, and then cancels',
    real(async () => {
      let cancelled = 0
      await using listener = await openListener(
        async (connection, draining) => {
          try {
            for (;;) {
              const line = await race([
                () => connection.readUntil('\n'),
                () => draining.wait().then(() => undefined),
              ])
              if (line === undefined) return
              if (String(line) === 'for ever\n') await sleep(Infinity)
              await sleep(20)
              await connection.write(line)
            }
          } catch (error) {
            cancelled += 1
            throw error
          }
        },
        { grace: 100 },
      )
      await using idle = await connect(to(listener))
      await using stuck = await connect(to(listener))
      await stuck.write('for ever\n')
      const answer = spawn(() => ask(listener, 'last'))
      await until(() => listener.live === 3)
      await sleep(5)
      const draining = spawn(() => listener.drain())
      expect(await answer).toBe('last')
      expect(await idle.read()).toBeUndefined()
      await draining
      expect(cancelled).toBe(1)
      expect(listener.live).toBe(0)
      await expect(connect(to(listener))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }),
  )

  it(
    'leaving its block cancels the handlers and closes their connections',
    real(async () => {
      const before = openDescriptors()
      let ended = 0
      const clients: Connection[] = []
      {
        await using listener = await openListener(async (connection) => {
          try {
            await echo(connection)
          } finally {
            ended += 1
          }
        })
        for (let i = 0; i < 10; i++) clients.push(await connect(to(listener)))
        await until(() => listener.live === 10)
      }
      expect(ended).toBe(10)
      for (const client of clients) {
        await client.read().catch(() => {}) // an end, or a reset
        await client.close()
      }
      await settled(before)
    }),
  )

  it(
    'TLS garbage, and a client that says nothing, hold up nobody, and not its end',
    real(async () => {
      const before = openDescriptors()
      {
        await using listener = await openListener(echo, { tls: { key, cert } })
        const { port } = listener.address as { port: number }
        const garbage = rawConnect(port, 'localhost')
          .on('error', () => {})
          .resume()
        const garbageClosed = new Promise((done) => garbage.once('close', done))
        garbage.end('GET / HTTP/1.1\r\n\r\n')
        const silent = rawConnect(port, 'localhost')
          .on('error', () => {})
          .resume()
        expect(await ask(listener, 'hello', true)).toBe('hello')
        await garbageClosed
        silent.unref()
      }
      await settled(before)
    }),
  )

  it(
    'takes over the file of a socket whose process was killed, and no other',
    real(async () => {
      const path = join(folder, 'stale')
      const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
      await using child = await openProcess(process.execPath, ['-e', script, path])
      await child.exited()
      expect(statSync(path).isSocket()).toBe(true)
      {
        await using listener = await openListener(echo, { path })
        expect(listener.address).toEqual({ path })
        await expect(openListener(echo, { path })).rejects.toMatchObject({ code: 'EADDRINUSE' })
        await using connection = await connect({ path })
        await connection.write('x')
        expect(String(await connection.readExactly(1))).toBe('x')
      }
      expect(() => statSync(path)).toThrow('ENOENT')
    }),
  )

  it(
    'says that a port is taken, and an address is not ours',
    real(async () => {
      await using listener = await openListener(echo, { host: '127.0.0.1' })
      const { port } = listener.address as { port: number }
      await expect(openListener(echo, { host: '127.0.0.1', port })).rejects.toMatchObject({
        code: 'EADDRINUSE',
      })
      await expect(openListener(echo, { host: '192.0.2.1' })).rejects.toMatchObject({
        code: 'EADDRNOTAVAIL',
      })
    }),
  )

  it('refuses options that cannot be meant', async () => {
    for (const options of [{ port: -1 }, { max: 0 }, { grace: -1 }, { host: '' }]) {
      await expect(openListener(echo, options)).rejects.toMatchObject({ code: 'MISUSE' })
    }
    await expect(openListener(undefined as never)).rejects.toThrow(
      'openListener: handler must be a function, got undefined',
    )
  })

  it.each(['TCP', 'a Unix socket'])(
    'over %s, of a process that may open few files, serves as many as it can, and goes on',
    (transport) =>
      real(async () => {
        const path = join(folder, 'few')
        const where = transport === 'TCP' ? { host: '127.0.0.1' } : { path }
        const script = `
        import { openListener } from '@corral/node'
        import { run, sleep } from 'corral'
        import { readFile } from 'node:fs/promises'
        await run(async () => {
          await using listener = await openListener(async (connection) => {
            for await (const chunk of connection) {
              await readFile('/etc/hostname') // needs a descriptor of its own
              await connection.write(chunk)
            }
          }, ${JSON.stringify(where)})
          console.log(listener.address.port ?? 0)
          await sleep(Infinity)
        })`
        const node = `exec ${process.execPath} --conditions=@corral/source --input-type=module`
        await using child = await openProcess(
          'sh',
          ['-c', `ulimit -n 100; ${node} -e "$0"`, script],
          {
            cwd: new URL('../..', import.meta.url),
            stderr: 'inherit',
            grace: 0,
          },
        )
        const port = Number(await child.stdout.readUntil('\n'))
        const target = transport === 'TCP' ? { host: '127.0.0.1', port } : { path }
        const crowd = await gatherSettled(
          Array.from({ length: 200 }, () => async () => {
            const connection = await connect(target)
            await connection.write('x')
            return { connection, answer: await connection.read() }
          }),
        )
        const served = crowd.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
        const answered = served.filter(({ answer }) => answer !== undefined)
        expect(answered.length).toBeGreaterThan(20)
        expect(answered.length).toBeLessThan(100)
        for (const { connection } of served) await connection.close()
        await timeout(30_000, async () => {
          for (;;) {
            const [late] = await gatherSettled([
              async () => {
                await using connection = await connect(target)
                await connection.write('late')
                return await connection.readExactly(4)
              },
            ])
            if (late.status === 'fulfilled') return
            await sleep(20)
          }
        })
      })(),
  )
})

describe('serve', () => {
  it(
    'serves until stop is set, and drains',
    real(async () => {
      const stop = new Event()
      let listener: Listener | undefined
      const serving = spawn(() =>
        serve(echo, { stop, grace: 10_000, onListening: (opened) => (listener = opened) }),
      )
      await until(() => listener !== undefined)
      expect(await ask(listener as Listener, 'hello')).toBe('hello')
      stop.set()
      await serving
    }),
  )

  it(
    'cancelled ends at once',
    real(async () => {
      const scope = new CancelScope()
      const serving = scope.run(() => serve(echo, { onListening: () => scope.cancel() }))
      expect(await serving).toBeUndefined()
    }),
  )
})
