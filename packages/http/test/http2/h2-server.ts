import { createSecureServer } from 'node:http2'
import type {
  Http2SecureServer,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, LookupFunction, Socket } from 'node:net'
import { createServer } from 'node:tls'
import { HttpSession } from '../../src/index.ts'
import type { HttpSessionOptions } from '../../src/index.ts'
import { cert, key } from '../connect/certificate.ts'
import { TestServer } from '../server.ts'

const local: LookupFunction = (_hostname, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}

/** A session that trusts the servers of these tests, and offers HTTP/2. */
export function openSession({ connect, ...options }: HttpSessionOptions = {}): HttpSession {
  return new HttpSession({
    http2: true,
    connect: { lookup: local, tls: { ca: cert }, ...connect },
    ...options,
  })
}

/** A server of HTTP/2 on loopback, and what it has seen. */
export class H2Server extends TestServer {
  static async start(
    onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => unknown,
    settings: { readonly maxConcurrentStreams?: number } = {},
  ): Promise<H2Server> {
    const server = createSecureServer({
      cert,
      key,
      allowHTTP1: true,
      settings,
      maxSessionMemory: 100,
    })
    const started = new H2Server(server, onStream)
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    started.url = `https://corral.test:${(server.address() as AddressInfo).port}/`
    return started
  }

  readonly sessions: ServerHttp2Session[] = []
  /** Streams at a time, and at most. */
  open = 0
  mostOpen = 0
  /** What the streams that are over ended with. */
  readonly codes: number[] = []

  private constructor(
    server: Http2SecureServer,
    onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => unknown,
  ) {
    super(server)
    server.on('sessionError', () => {})
    server.on('session', (session) => this.sessions.push(session))
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.open++
      this.mostOpen = Math.max(this.mostOpen, this.open)
      stream.on('error', () => {})
      stream.on('close', () => {
        this.open--
        this.codes.push(stream.rstCode)
        this.changed()
      })
      onStream(stream, headers)
      this.changed()
    })
    // Of HTTP/1.1, for who has not agreed on anything else.
    server.on('request', (request, response) => {
      if (request.httpVersion === '1.1') response.end('by HTTP/1.1')
    })
  }
}

/** What a server of frames says of one request. */
export interface Answering {
  readonly id: number
  /** `:status: 200`, and nothing else. */
  head(): void
  data(text: string, end?: boolean): void
  reset(code: number): void
  goAway(last: number, code: number): void
  raw(type: number, flags: number, payload: Uint8Array): void
  readonly socket: Socket
}

/** A server that says exactly what it is told, frame by frame [RFC 9113 4.1]. */
export async function startFrames(onRequest: (answer: Answering) => void): Promise<TestServer> {
  const server = createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
    let buffer = Buffer.alloc(0)
    let isOpen = false
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk])
      if (!isOpen) {
        if (buffer.length < preface) return
        isOpen = true
        buffer = buffer.subarray(preface)
        socket.write(frame(4, 0, 0))
      }
      while (buffer.length >= 9 && buffer.length >= 9 + buffer.readUIntBE(0, 3)) {
        const [type, id] = [buffer[3], buffer.readUInt32BE(5)]
        buffer = buffer.subarray(9 + buffer.readUIntBE(0, 3))
        if (type === 1) onRequest(answering(socket, id))
      }
    })
  })
  const started = new TestServer(server)
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  started.url = `https://corral.test:${(server.address() as AddressInfo).port}/`
  return started
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length

function answering(socket: Socket, id: number): Answering {
  const raw = (type: number, flags: number, payload: Uint8Array): void => {
    socket.write(frame(type, flags, id, payload))
  }
  return {
    id,
    socket,
    raw,
    head: () => raw(1, 4, Uint8Array.of(0x88)),
    data: (text, end = false) => raw(0, end ? 1 : 0, Buffer.from(text)),
    reset: (code) => raw(3, 0, words(code)),
    goAway: (last, code) => void socket.write(frame(7, 0, 0, words(last, code))),
  }
}

function frame(
  type: number,
  flags: number,
  id: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(id, 5)
  return Buffer.concat([head, payload])
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i)
  return bytes
}
