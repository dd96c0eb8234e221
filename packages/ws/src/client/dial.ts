/** The used part of what the platform's `WebSocket` and that of the library `ws` have in common. */
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
  /** Where back-pressure on the peer is possible. */
  pause?(): void
  resume?(): void
}

/** Starts connecting. */
export type Dial = (url: string, protocols: readonly string[]) => SocketLike
