import type { Positions } from '../room/room-log.ts'

/** A message between processes: its number, its content, and the client to exclude. */
export interface CarriedMessage {
  readonly epoch: string
  readonly offset: number
  readonly data: unknown
  readonly except: string | undefined
}

/** The protocol between rooms of the same name over a bus. */
export type BusMessage =
  /** New messages of a publisher, or old ones again. */
  | { readonly op: 'messages'; readonly messages: readonly CarriedMessage[] }
  /** How far a process has got: those that have less ask for the rest. */
  | { readonly op: 'positions'; readonly positions: Positions }
  /** A process has missed these, both ends inclusive. */
  | { readonly op: 'want'; readonly epoch: string; readonly from: number; readonly to: number }
  /** A process is new, or was cut off, and has got this far. */
  | { readonly op: 'sync'; readonly id: string; readonly positions: Positions }
  /** What the other lacks, and the offset of each epoch before which nothing is kept. */
  | {
      readonly op: 'state'
      readonly to: string
      readonly begins: Positions
      readonly positions: Positions
      readonly messages: readonly CarriedMessage[]
    }

type Wire = [epoch: string, offset: number, data: unknown, except?: string]

export function encodeBusMessage(message: BusMessage): string {
  if (!('messages' in message)) return JSON.stringify(message)
  const messages = message.messages.map(({ epoch, offset, data, except }): Wire => {
    const wire: Wire = [epoch, offset, encodeData(data)]
    if (except !== undefined) wire.push(except)
    return wire
  })
  return JSON.stringify({ ...message, messages })
}

/** Undefined for foreign messages: the bus may be shared. */
export function decodeBusMessage(text: string): BusMessage | undefined {
  try {
    const message = JSON.parse(text) as BusMessage
    if (message.op === 'want') return message
    if ('positions' in message && !isPositions(message.positions)) return undefined
    if (!('messages' in message)) return isPositions(message.positions) ? message : undefined
    const wires = message.messages as unknown as Wire[]
    const messages = wires.map(([epoch, offset, data, except]) => {
      if (!Number.isSafeInteger(offset)) throw new TypeError('an offset is a whole number')
      return { epoch, offset, data: decodeData(data), except }
    })
    return { ...message, messages }
  } catch {
    return undefined
  }
}

function isPositions(positions: unknown): boolean {
  return typeof positions === 'object' && positions !== null
}

/** Text as it is; bytes and values in a tagged wrapper. */
function encodeData(data: unknown): unknown {
  if (typeof data === 'string') return data
  if (data instanceof Uint8Array) return { bytes: Buffer.from(data).toString('base64') }
  return { json: data }
}

function decodeData(data: unknown): unknown {
  if (typeof data === 'string') return data
  const { bytes, json } = data as { bytes?: string; json?: unknown }
  return bytes === undefined ? json : Uint8Array.from(Buffer.from(bytes, 'base64'))
}
