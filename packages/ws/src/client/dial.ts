/** What `WebSocket` of the platform and that of the library `ws` have in common, as far as it is used. */
export interface SocketLike {
  binaryType: string
  readonly bufferedAmount: number
  readonly protocol: string
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(data: string | Uint8Array): void
  close(code?: number, reason?: string): void
  /** Where the peer can be held back. */
  pause?(): void
  resume?(): void
}

/** Begins to connect. */
export type Dial = (url: string, protocols: readonly string[]) => SocketLike
