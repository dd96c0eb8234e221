import type { Positions } from '../room/room-log.ts'

/** The name of the subprotocol. */
export const PROTOCOL = 'corral.v1'

/** The frames of the subprotocol `corral.v1`, as JSON in text frames. Described in `docs/corral-v1.md`. */
export type Envelope =
  | {
      readonly op: 'hello'
      readonly client: string
      readonly rooms?: Readonly<Record<string, Positions>>
    }
  | { readonly op: 'welcome'; readonly id: string }
  | {
      readonly op: 'subscribe'
      readonly id: number
      readonly room: string
      readonly positions?: Positions
    }
  | { readonly op: 'unsubscribe'; readonly id: number; readonly room: string }
  | {
      readonly op: 'subscribed'
      readonly room: string
      readonly positions: Positions
      /** Absent: nothing older was requested. */
      readonly recovered?: boolean | undefined
    }
  | { readonly op: 'left'; readonly room: string }
  | {
      readonly op: 'message'
      readonly id?: number
      readonly room?: string
      readonly epoch?: string
      readonly offset?: number
      readonly data: unknown
    }
  | {
      readonly op: 'gap'
      readonly room: string
      readonly epoch: string
      readonly positions: Positions
    }
  | { readonly op: 'ack'; readonly id: number; readonly data?: unknown }
  | { readonly op: 'error'; readonly id?: number; readonly code: string; readonly message: string }

/** JSON has no bytes: they travel as base64. */
export function encodeEnvelope(envelope: Envelope): string {
  if (!('data' in envelope) || !(envelope.data instanceof Uint8Array)) {
    return JSON.stringify(envelope)
  }
  return JSON.stringify({ ...envelope, data: toBase64(envelope.data), encoding: 'base64' })
}

/** @throws SyntaxError if it is not an envelope */
export function decodeEnvelope(text: string): Envelope {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || typeof (value as Envelope).op !== 'string') {
    throw new SyntaxError('an envelope is an object with an op')
  }
  const { encoding, ...envelope } = value as { encoding?: string; data?: unknown }
  if (encoding === 'base64' && typeof envelope.data === 'string') {
    envelope.data = fromBase64(envelope.data)
  }
  return envelope as Envelope
}

function toBase64(bytes: Uint8Array): string {
  let latin1 = ''
  for (const byte of bytes) latin1 += String.fromCharCode(byte)
  return btoa(latin1)
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
