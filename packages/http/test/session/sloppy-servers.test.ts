import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { timeout } from 'corral'
import { describe, expect, test } from 'vitest'
import { HttpError, HttpSession, leniencies } from '../../src/index.ts'
import { TestServer } from '../server.ts'

const ok = 'HTTP/1.1 200 OK\r\n'

async function say(socket: Socket, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
  }
  socket.end()
}

/** A server that says the same to every request, in pieces that are sent one by one. */
function saying(...pieces: readonly (string | Uint8Array)[]): Promise<TestServer> {
  return TestServer.tcp((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => void say(socket, pieces))
  })
}

describe('a session that tolerates what browsers do', () => {
  test('passes over a 100 that was not asked for, but not over any number of them', async () => {
    const more = 'HTTP/1.1 100 Continue\r\n\r\n'
    await using server = await saying(`${more}HTTP/1.1 103 Early Hints\r\n\r\n${ok}\r\nhi`)
    await using session = new HttpSession({ tolerate: leniencies })
    await using response = await session.get(server.url)
    expect([response.status, await response.text(), response.bodyNote]).toEqual([
      200,
      'hi',
      undefined,
    ])
    await using endless = await saying(more.repeat(1000), `${ok}\r\nhi`)
    await expect(session.get(endless.url)).rejects.toMatchObject({ code: 'PROTOCOL' })
  })

  test.each([
    ['LF alone', ['HTTP/1.1 200 OK\nx: y\n\nhi'], 'bare-lf'],
    ['a folded header', [`${ok}x: y\r\n z\r\n\r\nhi`], 'folded-headers'],
    ['a blank in a name', [`${ok}x y: z\r\n\r\nhi`], 'odd-headers'],
    ['a length twice', [`${ok}content-length: 2\r\ncontent-length: 2\r\n\r\nhi`], 'equal-lengths'],
    [
      'chunks with blanks',
      [`${ok}transfer-encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\n\r\n`],
      'odd-chunks',
    ],
    [
      'chunks with blanks, later than the head',
      [`${ok}transfer-encoding: chunked\r\n\r\n`, '2 \r\nhi\r\n0\r\n\r\n'],
      'odd-chunks',
    ],
    ['identity', [`${ok}transfer-encoding: identity\r\ncontent-length: 2\r\n\r\nhi`], 'identity'],
  ])('reads an answer with %s', async (_what, pieces, leniency) => {
    await using server = await saying(...pieces)
    await using strict = new HttpSession()
    const strictly = async (): Promise<string> => {
      await using response = await strict.get(server.url)
      return await response.text()
    }
    await expect(strictly()).rejects.toThrow(HttpError)
    await using session = new HttpSession({ tolerate: leniencies })
    for (let count = 0; count < 2; count++) {
      await using response = await session.get(server.url)
      expect(await response.text()).toBe('hi')
      expect(response.bodyNote).toBe(`not quite HTTP: ${leniency}`)
    }
    // The strict one, then the first one twice and the second one once: what the server is, is remembered.
    expect(server.accepted).toBe(4)
    await session.close()
    await server.until(() => server.sockets.size === 0)
  })

  test('unpacks what it reads, and counts it', async () => {
    const body = gzipSync('hello '.repeat(1000))
    await using server = await saying(`HTTP/1.1 200 OK\ncontent-encoding: gzip\n\n`, body, '\0\0')
    await using session = new HttpSession({ tolerate: leniencies })
    const response = await session.get(server.url)
    expect(await response.text()).toHaveLength(6000)
    expect(response.bodyNote).toBe('not quite HTTP: bare-lf; 2 bytes behind the gzip data')
    const small = session.get(server.url, { maxBytes: 100 })
    await expect((await small).text()).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  test('sends again only what does no harm', async () => {
    await using server = await saying('HTTP/1.1 200 OK\n\nhi')
    await using session = new HttpSession({ tolerate: leniencies })
    const posted = session.request(server.url, { method: 'POST', body: 'x' })
    await expect(posted).rejects.toMatchObject({ code: 'PROTOCOL' })
    expect(server.accepted).toBe(1)
    const put = await session.request(server.url, { method: 'PUT', body: 'x' })
    expect(await put.text()).toBe('hi')
  })

  test('refuses what no browser reads, once and for all', async () => {
    await using server = await saying('SSH-2.0-OpenSSH_9.2\r\n')
    await using session = new HttpSession({ tolerate: leniencies })
    await expect(session.get(server.url)).rejects.toMatchObject({ code: 'PROTOCOL' })
    expect(server.accepted).toBe(2)
  })

  test.each([
    ['in the head', 'HTTP/1.1 200 OK\nx: y'],
    ['in the body', 'HTTP/1.1 200 OK\ncontent-length: 9\n\nhi'],
  ])('says that the connection broke %s', async (_where, text) => {
    await using server = await saying(text)
    await using session = new HttpSession({ tolerate: leniencies })
    const reading = async (): Promise<string> => (await session.get(server.url)).text()
    await expect(reading()).rejects.toMatchObject({ code: 'RESET' })
    expect(session.connections).toBe(0)
  })

  test('is cancelled while a sloppy server says nothing more', async () => {
    await using server = await TestServer.tcp((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\n\nhi'))
    })
    await using session = new HttpSession({ tolerate: leniencies })
    const reading = async (): Promise<string> => (await session.get(server.url)).text()
    await expect(timeout(300, reading)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
    expect(server.accepted).toBe(2)
  })

  test('holds back a server whose body nobody reads', async () => {
    let written = 0
    await using server = await TestServer.tcp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\n\n')
        const chunk = Buffer.alloc(65_536)
        const more = (): void => {
          if (socket.destroyed) return
          written += chunk.length
          if (socket.write(chunk)) setImmediate(more)
          else socket.once('drain', more)
        }
        more()
      })
    })
    await using session = new HttpSession({ tolerate: leniencies })
    await using response = await session.get(server.url)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = written
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(written).toBe(before)
    let read = 0
    for await (const chunk of response.body) if ((read += chunk.length) > 2 * before) break
    expect(read).toBeGreaterThan(2 * before)
  })

  test('is not told to tolerate what nobody knows', () => {
    expect(() => new HttpSession({ tolerate: ['everything' as 'bare-lf'] })).toThrow(
      /^HttpSession: tolerate must be a list of cut-data, bare-lf, .*, got .*everything/,
    )
  })
})
