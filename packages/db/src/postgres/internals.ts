import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Submission } from './submission.ts'

/** The connection of pg's client: it speaks the protocol. */
export interface PostgresWire {
  readonly stream: Socket
  on(event: 'readyForQuery', listener: (message: { status: 'I' | 'T' | 'E' }) => void): void
  on(event: 'parseComplete', listener: () => void): void
  once(event: 'end', listener: () => void): void
  query(text: string): void
  parse(message: { readonly name?: string; readonly text: string }): void
  bind(message: {
    readonly statement?: string | undefined
    readonly values: (string | Buffer | null)[]
  }): void
  describe(message: { readonly type: 'P' }): void
  execute(message: object): void
  close(message: { readonly type: 'S'; readonly name: string }): void
  sync(): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(reason: string): void
}

export interface Notified {
  readonly channel: string
  readonly payload: string
}

/**
 * What we use of pg that it does not promise; that is why its minor version is pinned.
 *
 * The client adds its listeners in `connect`: those added after it are called after it.
 */
export interface Internals {
  readonly host: string
  readonly port: number
  readonly ssl: boolean | ConnectionOptions
  readonly processID: number
  readonly secretKey: number
  readonly connection: PostgresWire
  query(submission: Submission): void
  on(event: 'notification', listener: (message: Notified) => void): void
}
