import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'

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
  readonly connection: {
    readonly stream: Socket
    on(event: 'readyForQuery', listener: (message: { status: 'I' | 'T' | 'E' }) => void): void
    once(event: 'end', listener: () => void): void
  }
}
