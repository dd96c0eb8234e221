import { connect as connectTcp } from 'node:net'
import { describe, expect, test } from 'vitest'
import { HttpSession } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'
import { cert, key } from './certificate.ts'

/** A proxy of SOCKS 5 that lets one user in, and leads everywhere to one server; notes where it was to lead. */
async function socksTo(
  target: string,
  { reply = 0 }: { readonly reply?: number } = {},
): Promise<{ readonly server: TestServer; readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = await TestServer.tcp((socket) => {
    socket.on('error', () => {})
    let step = 0
    let input = Buffer.alloc(0)
    const take = (chunk: Buffer): void => {
      input = Buffer.concat([input, chunk])
      if (step === 0 && input.length >= 2 + (input[1] ?? 0)) {
        input = input.subarray(2 + (input[1] ?? 0))
        step = 1
        socket.write(Buffer.from([5, 2]))
      } else if (step === 1 && input.length > 2) {
        const name = input.subarray(2, 2 + (input[1] ?? 0))
        const word = input.subarray(3 + name.length)
        if (word.length < (input[2 + name.length] ?? 0)) return
        const isKnown = String(name) === 'us@r' && String(word) === 'secret'
        input = Buffer.alloc(0)
        step = 2
        socket.write(Buffer.from([1, isKnown ? 0 : 1]))
      } else if (step === 2 && input.length > 5) {
        const length = input[4] ?? 0
        if (input.length < 7 + length) return
        asked.push(
          `${input[3]} ${String(input.subarray(5, 5 + length))}:${input.readUInt16BE(5 + length)}`,
        )
        step = 3
        socket.off('data', take)
        const answer = Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
        if (reply !== 0) return void socket.end(answer)
        const upstream = connectTcp(Number(new URL(target).port), '127.0.0.1', () => {
          socket.write(answer)
          socket.pipe(upstream).pipe(socket)
        })
        upstream.on('error', () => socket.destroy())
        socket.on('close', () => upstream.destroy())
      }
    }
    socket.on('data', take)
  })
  return { server, url: server.url.replace('http://', 'socks5://us%40r:secret@'), asked }
}

describe('a session behind a SOCKS proxy', () => {
  test('has everything go through it, names included, on connections that are kept', async () => {
    await using target = await TestServer.http((request, response) => {
      response.end(
        `${request.headers.host}${request.url} ${request.headers['proxy-authorization']}`,
      )
    })
    const proxy = await socksTo(target.url)
    await using server = proxy.server
    await using session = new HttpSession({ connect: { proxy: proxy.url } })
    for (const path of ['/a', '/b']) {
      await using response = await session.get(`http://corral.test:8080${path}`)
      expect(await response.text()).toBe(`corral.test:8080${path} undefined`)
      expect(response.remoteAddress).toBeUndefined()
    }
    expect(proxy.asked).toEqual(['3 corral.test:8080'])
    await session.close()
    await server.until(() => server.sockets.size === 0)
  })

  test('speaks TLS with the host itself', async () => {
    await using target = await TestServer.tls({ cert, key }, (socket) => {
      socket.on('error', () => {})
      socket.on('data', () => void socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 2', 'hi')))
    })
    const proxy = await socksTo(target.url)
    await using server = proxy.server
    const connect = { proxy: proxy.url, tls: { ca: cert } }
    await using session = new HttpSession({ connect })
    await using response = await session.get('https://corral.test/')
    expect(await response.text()).toBe('hi')
    await expect(session.get('https://other.test/')).rejects.toMatchObject({ code: 'TLS' })
    expect(proxy.asked).toEqual(['3 corral.test:443', '3 other.test:443'])
    await session.close()
    await server.until(() => server.sockets.size === 0)
  })

  test.each([
    ['is not let in', 0, 'wrong', /the proxy opens no connection \(.*[Aa]uthentication/],
    ['cannot reach the host', 4, 'secret', /the proxy opens no connection \(.*HostUnreachable/],
  ])('says so when it %s', async (_what, reply, word, message) => {
    const proxy = await socksTo('http://127.0.0.1:1', { reply })
    await using server = proxy.server
    const url = proxy.url.replace('secret', word)
    await using session = new HttpSession({ connect: { proxy: url } })
    await expect(session.get('http://corral.test/')).rejects.toThrow(message)
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  })

  test('gives up on one that says nothing', async () => {
    await using server = await TestServer.tcp((socket) => socket.resume())
    const proxy = server.url.replace('http:', 'socks5:')
    await using session = new HttpSession({ connectTimeout: 50, connect: { proxy } })
    await expect(session.get('http://corral.test/')).rejects.toMatchObject({
      limit: 'connectTimeout',
    })
    await server.until(() => server.sockets.size === 0)
  })
})
