import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, createServer, TLSSocket } from 'node:tls'
import type { ConnectionOptions, PeerCertificate, TlsOptions } from 'node:tls'
import { BrokenError } from 'corral'
import { calledBack } from '../called-back.ts'

/** The options of `tls.connect`, or of `tls.createServer` on the side that accepted. */
export type TlsSettings = ConnectionOptions | TlsOptions

/** What the two sides of an encrypted connection negotiated. */
export interface TlsInfo {
  /** Such as `TLSv1.3`. */
  readonly protocol: string | undefined
  /** The application's protocol, where one was negotiated. */
  readonly alpn: string | undefined
  /** Whether the peer's certificate was verified. */
  readonly authorized: boolean
  /** The peer's certificate; undefined if it presented none. */
  readonly certificate: PeerCertificate | undefined
}

export function tlsInfoOf(socket: Duplex): TlsInfo | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const certificate = socket.getPeerCertificate() as PeerCertificate | null
  return {
    protocol: socket.getProtocol() ?? undefined,
    alpn: socket.alpnProtocol === false ? undefined : (socket.alpnProtocol ?? undefined),
    authorized: socket.authorized,
    certificate: certificate === null || !('raw' in certificate) ? undefined : certificate,
  }
}

/** The handshake on an existing connection. If it fails or is cancelled, the caller destroys the socket. */
export function upgrade(
  plain: Socket,
  accepted: boolean,
  options: TlsSettings,
): Promise<TLSSocket> {
  return calledBack<TLSSocket>('Connection.startTls', plain, (done, failed) => {
    plain.once('close', () =>
      failed(new BrokenError('startTls: the other side is gone; open another connection')),
    )
    if (accepted) {
      // A server that never listens: it validates the options, and handles this one connection.
      const server = createServer(options as TlsOptions)
      plain.allowHalfOpen = false // an end during the handshake is final
      server.once('tlsClientError', failed)
      server.once('secureConnection', (socket) => {
        socket.allowHalfOpen = true
        done(socket)
      })
      server.emit('connection', plain)
    } else {
      const socket = connect({ ...(options as ConnectionOptions), socket: plain })
      socket.on('error', failed) // later ones are reported to the reader
      socket.once('secureConnect', () => done(socket))
    }
  })
}

/** What a client sends about the host it was given by name or address. */
export function clientSettings(host: string | undefined, options: TlsSettings): TlsSettings {
  if (host === undefined) return options
  return { host, ...(isIP(host) === 0 && { servername: host }), ...options }
}
