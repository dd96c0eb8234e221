import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as rawConnect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect, openListener, openUdp } from '@corral/node'
import type { Connection, ConnectionHandler, ListenOptions } from '@corral/node'
import { currentSignal, gather, mapConcurrent, moveOnAfter, run, sleep } from 'corral'
import { until } from '../living.ts'
import { descriptors, folder, outcome, within } from './row.ts'
import type { Row } from './row.ts'

interface Raw {
  readonly port: number
  readonly sockets: Socket[]
  close(): void
}

/** A peer made by Node alone, which does with its sockets what it likes. */
async function raw(handler: (socket: Socket) => void): Promise<Raw> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}))
    handler(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening', { signal: currentSignal() })
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Connects to a peer that resets what it accepts, at this moment. */
function reset(
  when: (socket: Socket, end: () => void) => void,
  work: (connection: Connection) => Promise<unknown>,
): Promise<string> {
  return run(async () => {
    const before = descriptors()
    const peer = await raw((socket) => when(socket, () => socket.resetAndDestroy()))
    const how = await outcome(async () => {
      await using connection = await connect({ host: '127.0.0.1', port: peer.port })
      await work(connection)
    })
    peer.close()
    await until(() => descriptors() <= before, 2_000)
    return `${how}, ${descriptors() - before} descriptors more`
  })
}

const BROKEN = 'BrokenError BROKEN, 0 descriptors more'

async function withListener(
  handler: ConnectionHandler,
  options: ListenOptions,
  work: (port: number) => Promise<string>,
): Promise<string> {
  return await run(async () => {
    await using listener = await openListener(handler, { host: '127.0.0.1', ...options })
    return await work(listener.address.port ?? 0)
  })
}

const echo: ConnectionHandler = async (connection) => {
  for await (const chunk of connection) await connection.write(chunk)
}

/** Whether a listener answers, after what was done to it. */
async function answers(port: number): Promise<string> {
  return (await outcome(async () => {
    await using connection = await connect({ host: '127.0.0.1', port })
    await connection.write('ping\n')
    await connection.readUntil('\n')
  })) === 'done'
    ? 'it answers'
    : 'it does not answer'
}

/** A certificate for localhost, or nothing where there is no openssl. */
function certificate(): { key: Buffer; cert: Buffer } {
  const place = folder()
  const [key, cert] = [join(place, 'key'), join(place, 'cert')]
  const args = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ${key} -out ${cert}`
  spawnSync('openssl', args.split(' '))
  return { key: readFileSync(key), cert: readFileSync(cert) }
}

export const network: readonly Row[] = [
  {
    what: 'RST while we read',
    expected: BROKEN,
    run: () =>
      reset(
        (_socket, end) => setTimeout(end, 50),
        (connection) => connection.read(),
      ),
  },
  {
    what: 'RST while we wait for the rest of 100 bytes',
    expected: BROKEN,
    run: () =>
      reset(
        (socket, end) => socket.write('some', () => setTimeout(end, 50)),
        (connection) => connection.readExactly(100),
      ),
  },
  {
    what: 'RST while a write of 50 MB waits',
    expected: BROKEN,
    run: () =>
      reset(
        (_socket, end) => setTimeout(end, 100),
        (connection) => connection.write(Buffer.alloc(50_000_000)),
      ),
  },
  {
    what: 'RST after closeWrite, while we wait for the answer',
    expected: BROKEN,
    run: () =>
      reset(
        (socket, end) => socket.on('data', () => {}).on('end', () => setTimeout(end, 20)),
        async (connection) => {
          await connection.write('question')
          await connection.closeWrite()
          await connection.read()
        },
      ),
  },
  {
    what: 'RST while we close with bytes unsent',
    expected: 'done, 0 descriptors more',
    run: () =>
      reset(
        (_socket, end) => setTimeout(end, 100),
        async (connection) => {
          void outcome(() => connection.write(Buffer.alloc(20_000_000)))
          await connection.close({ grace: 1_000 })
        },
      ),
  },
  {
    what: 'RST in the TLS handshake',
    expected: 'Error ECONNRESET, 0 descriptors more',
    run: () =>
      reset(
        (socket, end) => socket.once('data', end),
        (connection) => connection.startTls(),
      ),
  },
  {
    what: 'RST before it is accepted, by 200 clients in a row, of a listener',
    expected: 'it answers',
    run: () =>
      withListener(echo, { onError: () => {} }, async (port) => {
        for (let i = 0; i < 200; i++) {
          const socket = rawConnect(port, '127.0.0.1').on('error', () => {})
          socket.once('connect', () => socket.resetAndDestroy())
          if (i % 20 === 0) await sleep(1)
        }
        return await answers(port)
      }),
  },
  {
    what: 'a peer that never reads: 64 MB to write, cancelled after 300 ms',
    expected: 'cancelled in time, then BrokenError BROKEN',
    run: () =>
      run(async () => {
        const peer = await raw((socket) => socket.pause())
        const connection = await connect({ host: '127.0.0.1', port: peer.port })
        const first = await within(3_000, async () => {
          const bytes = Buffer.alloc(64_000_000)
          const { timedOut } = await moveOnAfter(300, () => connection.write(bytes))
          return timedOut ? 'cancelled in time' : 'written'
        })
        const then = await outcome(() => connection.write('x'))
        await connection.close()
        peer.close()
        return `${first}, then ${then}`
      }),
  },
  {
    what: 'a peer that never reads: close with a grace of 200 ms',
    expected: 'closed in time',
    run: () =>
      run(async () => {
        const peer = await raw((socket) => socket.pause())
        const connection = await connect({ host: '127.0.0.1', port: peer.port })
        void outcome(() => connection.write(Buffer.alloc(64_000_000)))
        const seen = await within(3_000, async () => {
          await connection.close({ grace: 200 })
          return 'closed in time'
        })
        peer.close()
        return seen
      }),
  },
  {
    what: 'a handler whose client never reads, when the listener drains with a grace of 200 ms',
    expected: 'drained in time',
    run: () =>
      run(async () => {
        const listener = await openListener(
          (connection) => connection.write(Buffer.alloc(64_000_000)),
          { host: '127.0.0.1', grace: 200, onError: () => {} },
        )
        const client = rawConnect(listener.address.port ?? 0, '127.0.0.1').pause()
        await until(() => listener.live === 1)
        const seen = await within(7_000, async () => {
          await listener.drain()
          return 'drained in time'
        })
        client.destroy()
        return seen
      }),
  },
  {
    what: 'SYN unanswered: connect, cancelled after 300 ms',
    expected: 'cancelled in time, 0 descriptors more',
    run: () =>
      run(async () => {
        const { port, end } = await deafPort()
        try {
          const before = descriptors()
          const seen = await within(2_000, async () => {
            const to = { host: '127.0.0.1', port }
            const { timedOut } = await moveOnAfter(300, () => connect(to))
            return timedOut ? 'cancelled in time' : 'connected'
          })
          return `${seen}, ${descriptors() - before} descriptors more`
        } finally {
          end()
        }
      }),
  },
  {
    what: '4 000 connects, 500 at a time, each with an answer',
    expected: '4000 answers, 0 descriptors more',
    run: () =>
      withListener(echo, {}, async (port) => {
        const before = descriptors()
        const answers = await mapConcurrent(
          Array.from({ length: 4_000 }),
          async () => {
            await using connection = await connect({ host: '127.0.0.1', port })
            await connection.write('x')
            return String(await connection.readExactly(1))
          },
          { concurrency: 500 },
        )
        await until(() => descriptors() <= before, 5_000)
        const right = answers.filter((answer) => answer === 'x').length
        return `${right} answers, ${descriptors() - before} descriptors more`
      }),
  },
  {
    what: '4 000 connects at once that are cancelled at once',
    expected: 'cancelled, 0 descriptors more',
    run: () =>
      withListener(echo, {}, async (port) => {
        const before = descriptors()
        const { timedOut } = await moveOnAfter(20, () =>
          gather(
            Array.from({ length: 4_000 }, () => async () => {
              await using _connection = await connect({ host: '127.0.0.1', port })
              await sleep(Infinity)
            }),
          ),
        )
        await until(() => descriptors() <= before, 5_000)
        return `${timedOut ? 'cancelled' : 'not cancelled'}, ${descriptors() - before} descriptors more`
      }),
  },
  {
    what: 'TLS: a client that sends garbage, one that sends nothing, one that ends, to a TLS listener',
    expected: 'it answers',
    run: () =>
      withListener(echo, { tls: certificate(), onError: () => {} }, async (port) => {
        const garbage = rawConnect(port, '127.0.0.1').on('error', () => {})
        garbage.write(Buffer.alloc(100_000, 'GET / HTTP/1.1\r\n'))
        rawConnect(port, '127.0.0.1').on('error', () => {})
        rawConnect(port, '127.0.0.1')
          .on('error', () => {})
          .end()
        await sleep(200)
        return (await outcome(async () => {
          const tls = { rejectUnauthorized: false }
          await using connection = await connect({ host: '127.0.0.1', port }, { tls })
          await connection.write('ping\n')
          await connection.readUntil('\n')
        })) === 'done'
          ? 'it answers'
          : 'it does not answer'
      }),
  },
  {
    what: 'TLS: a server that answers with garbage',
    expected: 'an error of the handshake, 0 descriptors more',
    run: () =>
      run(async () => {
        const peer = await raw((socket) => socket.write('220 mail.example.com ESMTP\r\n'))
        const before = descriptors()
        const how = await outcome(() =>
          connect({ host: '127.0.0.1', port: peer.port }, { tls: true }),
        )
        peer.sockets.forEach((socket) => socket.destroy())
        await until(() => descriptors() <= before, 2_000)
        const seen = /SSL|WRONG_VERSION/.test(how) ? 'an error of the handshake' : how
        peer.close()
        return `${seen}, ${Math.max(0, descriptors() - before)} descriptors more`
      }),
  },
  {
    what: 'TLS: a server that never answers, cancelled after 300 ms',
    expected: 'cancelled in time',
    run: () =>
      run(async () => {
        const peer = await raw((socket) => socket.resume())
        const seen = await within(2_000, async () => {
          const to = { host: '127.0.0.1', port: peer.port }
          const { timedOut } = await moveOnAfter(300, () => connect(to, { tls: true }))
          return timedOut ? 'cancelled in time' : 'connected'
        })
        peer.close()
        return seen
      }),
  },
  {
    what: 'UDP: 10 000 datagrams that nobody reads, capacity 10, the oldest dropped',
    expected: 'at most 10 are kept',
    run: () =>
      run(async () => {
        await using socket = await openUdp({
          host: '127.0.0.1',
          capacity: 10,
          overflow: 'dropOldest',
        })
        await using sender = await openUdp({ host: '127.0.0.1' })
        const { port = 0 } = socket.address
        for (let i = 0; i < 10_000; i++) {
          await sender.send(String(i), { host: '127.0.0.1', port })
        }
        await sleep(100)
        let kept = 0
        await moveOnAfter(100, async () => {
          for await (const _datagram of socket) kept += 1
        })
        return kept <= 10 && kept > 0 ? 'at most 10 are kept' : `${kept} are kept`
      }),
  },
]

/** A port whose line of connections is full, so that nothing more is answered. */
async function deafPort(): Promise<{ port: number; end: () => void }> {
  const script = `import socket,sys,time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)
print(s.getsockname()[1], flush=True)
time.sleep(60)`
  const child = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line', {
    signal: currentSignal(),
  })) as [string]
  const port = Number(line)
  const fillers = Array.from({ length: 8 }, () =>
    rawConnect(port, '127.0.0.1').on('error', () => {}),
  )
  await sleep(300)
  return {
    port,
    end() {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
    },
  }
}
