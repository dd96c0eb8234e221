import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Field } from './submission.ts'

/** The connection of pg's client: it speaks the protocol. */
export interface PostgresWire {
  readonly stream: Socket
  on(event: 'readyForQuery', listener: (message: { status: 'I' | 'T' | 'E' }) => void): void
  on(
    event: 'parseComplete' | 'emptyQuery' | 'copyInResponse' | 'copyOutResponse',
    listener: () => void,
  ): void
  on(event: 'errorMessage', listener: (error: unknown) => void): void
  on(event: 'rowDescription', listener: (message: { fields: readonly Field[] }) => void): void
  on(event: 'dataRow', listener: (message: { fields: (string | null)[] }) => void): void
  on(event: 'commandComplete', listener: (message: { text: string }) => void): void
  on(event: 'copyData', listener: (message: { chunk: Buffer }) => void): void
  once(event: 'end' | 'readyForQuery', listener: () => void): void
  removeAllListeners(event: string): void
  query(text: string): void
  parse(message: { readonly name?: string; readonly text: string }): void
  bind(message: {
    readonly statement?: string | undefined
    readonly values: (string | Buffer | null)[]
  }): void
  describe(message: { readonly type: 'P' }): void
  execute(message: object): void
  close(message: { readonly type: 'S'; readonly name: string }): void
  flush(): void
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
 * The undocumented parts of pg that we use; that is why its minor version is pinned.
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
  /** The settings that are sent when it connects. */
  getStartupConf(): Record<string, string>
  on(event: 'notification', listener: (message: Notified) => void): void
}
