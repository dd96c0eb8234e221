import { createServer } from 'node:http'
import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { Event, moveOnAfter, taskGroup } from 'corral'
import { describe, expect, test } from 'vitest'
import { HttpSession } from '../../src/index.ts'
import type { ConnectOptions } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'
import { cert, key } from './certificate.ts'

/** What `corral.test` stands for behind the proxies, and what its pages say. */
async function site(): Promise<TestServer> {
  return await TestServer.tls({ cert, key }, (socket) => {
    socket.on('error', () => {})
    socket.on('data', (request) => {
      const head = String(request)
      const told = /proxy-auth/i.test(head) ? 'told' : 'not told'
      socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 8', told.padEnd(8)))
    })
  })
}

interface Proxy extends AsyncDisposable {
  readonly server: TestServer
  readonly asked: string[]
  readonly connect: ConnectOptions
}

/** A proxy that tunnels to the site and answers everything else by itself. */
async function proxyTo(target: TestServer | undefined, secure = false): Promise<Proxy> {
  const asked: string[] = []
  const listener = createServer((request, response) => {
    const { 'proxy-authorization': authorization = 'nobody', host } = request.headers
    asked.push(`${request.method} ${request.url} ${host} ${authorization}`)
    response.writeHead(request.url?.endsWith('/407') === true ? 407 : 200).end('forwarded')
  })
  listener.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? 'nobody'}`)
    socket.on('error', () => {})
    if (target === undefined) return
    const upstream = connectTcp(Number(new URL(target.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
  })
  const server = await (secure
    ? TestServer.tls({ cert, key }, (socket) => void listener.emit('connection', socket))
    : TestServer.tcp((socket) => void listener.emit('connection', socket)))
  return {
    server,
    asked,
    connect: {
      proxy: server.url.replace('//', '//us%65r:p%40ss@'),
      tls: secure ? { rejectUnauthorized: false } : { ca: cert },
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`

/** Something that listens where a proxy is expected. */
function claiming(answer: string): Promise<TestServer> {
  return TestServer.tcp((socket) => {
    socket.once('data', () => socket.write(answer))
    socket.resume()
  })
}

describe('a session behind an HTTP proxy', () => {
  test('has plain requests forwarded, on connections that are kept', async () => {
    await using proxy = await proxyTo(undefined)
    await using session = new HttpSession({ connect: proxy.connect })
    for (const path of ['/a?b', '/c']) {
      await using response = await session.get(`http://corral.test${path}`)
      expect(await response.text()).toBe('forwarded')
      expect(response.remoteAddress).toBeUndefined()
    }
    expect(proxy.asked).toEqual([
      `GET http://corral.test/a?b corral.test ${basic}`,
      `GET http://corral.test/c corral.test ${basic}`,
    ])
    expect(proxy.server.accepted).toBe(1)
  })

  test.each([['http'], ['https']])(
    'goes to https through a tunnel of an %s proxy, and tells the host nothing of it',
    async (scheme) => {
      await using target = await site()
      await using proxy = await proxyTo(target, scheme === 'https')
      await using session = new HttpSession({ connect: proxy.connect })
      for (let count = 0; count < 2; count++) {
        await using response = await session.get('https://corral.test:8443/x')
        expect(await response.text()).toBe('not told')
      }
      expect(proxy.asked).toEqual([`CONNECT corral.test:8443 ${basic}`])
      await session.close()
      await target.until(() => target.sockets.size === 0)
      await proxy.server.until(() => proxy.server.sockets.size === 0)
    },
  )

  test('verifies the certificate of the host, not of the proxy', async () => {
    await using target = await site()
    await using proxy = await proxyTo(target)
    await using session = new HttpSession({ connect: proxy.connect })
    await expect(session.get('https://other.test/')).rejects.toMatchObject({ code: 'TLS' })
  })

  test('is told when the proxy does not let it in', async () => {
    await using proxy = await proxyTo(undefined)
    await using session = new HttpSession({ connect: proxy.connect })
    await expect(session.get('http://corral.test/407')).rejects.toMatchObject({
      code: 'CONNECT',
      message: expect.stringContaining('(407); give user and password in its URL') as string,
    })
  })

  test.each([
    [
      'that it may not',
      'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n',
      /does not let us in \(407\)/,
    ],
    ['that it cannot', 'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nbad', /status 502/],
    [
      'something else in the tunnel',
      'HTTP/1.1 200 OK\r\n\r\nno TLS',
      /no secure connection|no connection/,
    ],
    ['that it is no proxy', 'SSH-2.0-OpenSSH_9.2\r\n', /no connection/],
    ['zeros', '\0'.repeat(100_000), /no connection/],
    ['too much', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}`, /no connection/],
  ])('has no tunnel when the proxy says %s', async (_what, answer, message) => {
    await using server = await claiming(answer)
    await using session = new HttpSession({ connect: { proxy: server.url } })
    await expect(session.get('https://corral.test/')).rejects.toThrow(message)
    await server.until(() => server.sockets.size === 0)
  })

  test.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\n'],
    ['that there is a tunnel, and nothing in it', 'HTTP/1.1 200 OK\r\n\r\n'],
  ])('gives up on a proxy that says %s', async (_what, answer) => {
    await using server = await claiming(answer)
    await using session = new HttpSession({
      connect: { proxy: server.url },
      connectTimeout: 100,
    })
    await expect(session.get('https://corral.test/')).rejects.toMatchObject({
      limit: 'connectTimeout',
    })
    await server.until(() => server.sockets.size === 0)
    // Cancelled, too, it leaves no connection.
    const asked = new Event()
    await using silent = await TestServer.tcp((socket) => {
      socket.on('data', () => {
        if (answer !== '') socket.write(answer)
        asked.set()
      })
    })
    await using other = new HttpSession({ connect: { proxy: silent.url } })
    await taskGroup(async (group) => {
      group.spawn(() => other.get('https://corral.test/'))
      await asked.wait()
      group.cancel()
    })
    expect(other.connections).toBe(0)
    await silent.until(() => silent.sockets.size === 0)
  })

  test('closes the tunnel of a request that is cancelled', async () => {
    const asked = new Event()
    await using target = await TestServer.tls({ cert, key }, (socket) => {
      socket.on('error', () => {})
      socket.on('data', () => asked.set())
    })
    await using proxy = await proxyTo(target)
    await using session = new HttpSession({ connect: proxy.connect })
    await taskGroup(async (group) => {
      group.spawn(() => session.get('https://corral.test/'))
      await asked.wait()
      group.cancel()
    })
    expect(session.connections).toBe(0)
    await target.until(() => target.sockets.size === 0)
    expect((await moveOnAfter(5000, () => session.close())).timedOut).toBe(false)
  })

  test.each([
    'http://10.0.0.1/',
    'http://[::1]/',
    'http://localhost/',
    'https://localhost./',
    'https://a.localhost:444/',
  ])('asks the guard about %s, whose address is known', async (url) => {
    await using proxy = await proxyTo(undefined)
    const asked: string[] = []
    const allowAddress = (address: string): boolean => {
      asked.push(address)
      return false
    }
    await using session = new HttpSession({ connect: { ...proxy.connect, allowAddress } })
    await expect(session.get(url)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(asked).toHaveLength(1)
    expect(proxy.server.accepted).toBe(0)
  })

  test('does not ask the guard about the proxy', async () => {
    await using proxy = await proxyTo(undefined)
    const connect = { ...proxy.connect, allowAddress: () => false }
    await using session = new HttpSession({ connect })
    expect(await (await session.get('http://corral.test/')).text()).toBe('forwarded')
  })

  test.each(['ftp://u:hidden@a.test', 'a.test:3128', ''])('cannot have %j as one', (proxy) => {
    expect(() => new HttpSession({ connect: { proxy } })).toThrow(
      /^HttpSession: connect\.proxy must be the http, https or socks5 URL of a proxy, got (?!.*hidden)/,
    )
  })
})
