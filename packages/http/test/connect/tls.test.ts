import type { LookupFunction } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { HttpSession } from '../../src/index.ts'
import type { ConnectOptions } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'
import { cert, key } from './certificate.ts'

const local: LookupFunction = (_hostname, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}

const sockets: TLSSocket[] = []
const secure = (): Promise<TestServer> =>
  TestServer.tls({ cert, key, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    sockets.push(socket as TLSSocket)
    socket.on('error', () => {})
    socket.on('data', () => socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 6', 'secure')))
  })

async function ask(
  server: TestServer,
  host: string,
  tls: ConnectOptions['tls'] = {},
): Promise<string> {
  await using session = new HttpSession({ connect: { lookup: local, tls } })
  return (await session.get(`https://${host}:${new URL(server.url).port}/`)).text()
}

test('https is spoken with a certificate that can be verified, and HTTP/1.1 in it', async () => {
  await using server = await secure()
  expect(await ask(server, 'corral.test', { ca: cert })).toBe('secure')
  expect(sockets.at(-1)).toMatchObject({ alpnProtocol: 'http/1.1', servername: 'corral.test' })
})

test.each([
  ['signed by nobody', 'corral.test', {}],
  ['for another name', 'other.test', { ca: cert }],
  ['for another name', '127.0.0.1', { ca: cert }],
])('a certificate %s is a TLS error: %s', async (_what, host, tls) => {
  await using server = await secure()
  await expect(ask(server, host, tls)).rejects.toMatchObject({ code: 'TLS', phase: 'connect' })
})

test('a certificate that cannot be verified may be taken all the same', async () => {
  await using server = await secure()
  expect(await ask(server, 'corral.test', { rejectUnauthorized: false })).toBe('secure')
})

test('a server that speaks no TLS is a TLS error', async () => {
  await using server = await TestServer.tcp((socket) => {
    socket.on('data', () => socket.write(raw('HTTP/1.1 400 Bad Request')))
  })
  await expect(ask(server, 'corral.test')).rejects.toMatchObject({ code: 'TLS' })
})

test('a server that hangs up in the handshake is a CONNECT error', async () => {
  await using server = await TestServer.tcp((socket) => socket.once('data', () => socket.destroy()))
  await expect(ask(server, 'corral.test')).rejects.toMatchObject({ code: 'CONNECT' })
})

test('the next handshake with a server is a short one', async () => {
  await using server = await secure()
  await using session = new HttpSession({ connect: { lookup: local, tls: { ca: cert } } })
  const url = `https://corral.test:${new URL(server.url).port}/`
  await (await session.get(url)).text()
  expect(sockets.at(-1)?.isSessionReused()).toBe(false)
  for (const socket of server.sockets) socket.destroy()
  await server.until(() => server.sockets.size === 0)
  await (await session.get(url)).text()
  expect(sockets.at(-1)?.isSessionReused()).toBe(true)
})
