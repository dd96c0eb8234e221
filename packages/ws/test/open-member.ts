import { encodeFrame, TEXT } from '../src/frames/frame.ts'
import { encodeEnvelope } from '../src/protocol/envelope.ts'
import type { Envelope } from '../src/protocol/envelope.ts'
import { EnvelopeSpeech } from '../src/protocol/envelope-speech.ts'
import type { Positions } from '../src/room/room-log.ts'
import { ServerSocket } from '../src/socket/server-socket.ts'
import type { InnerSocket } from '../src/socket/server-socket.ts'
import { DEFAULT_LIMITS } from '../src/socket/socket-limits.ts'
import type { SocketLimits } from '../src/socket/socket-limits.ts'
import { StalledStream } from './stalled-stream.ts'

export interface Member {
  readonly socket: ServerSocket<string, string>
  readonly stream: StalledStream
  /** What the client got, each as it was sent. */
  readonly texts: () => readonly string[]
}

export interface MemberOptions extends SocketLimits {
  readonly stalled?: boolean
  readonly user?: string
}

let lastId = 0

/** A connection of a client that takes everything, or nothing if it is stalled. */
export function openMember(options: MemberOptions = {}): Member {
  const { stalled = false, user = 'somebody', ...limits } = options
  const stream = new StalledStream()
  if (!stalled) stream.flow()
  const socket = new ServerSocket<string, string>(stream, {
    user,
    name: `/test #${(lastId += 1)}`,
    target: '/test',
    remoteAddress: '',
    protocol: '',
    kind: 'text',
    limits: { ...DEFAULT_LIMITS, ...limits },
  })
  socket.start(Buffer.alloc(0))
  return { socket, stream, texts: () => stream.texts }
}

/** A client of `corral.v1`, which has been in rooms before. */
export function openEnvelopeMember(
  client: string,
  rooms: Readonly<Record<string, Positions>> = {},
  options: MemberOptions = {},
): Member & { readonly envelopes: () => readonly Envelope[]; say(envelope: Envelope): void } {
  const member = openMember(options)
  const speech = new EnvelopeSpeech(member.socket as unknown as InnerSocket, () => undefined)
  member.socket.speech = speech
  const say = (envelope: Envelope): void => {
    speech.receive(encodeFrame(TEXT, encodeEnvelope(envelope)).subarray(headerOf(envelope)), false)
  }
  say({ op: 'hello', client, rooms })
  const envelopes = (): Envelope[] => member.texts().map((text) => JSON.parse(text) as Envelope)
  return { ...member, envelopes, say }
}

function headerOf(envelope: Envelope): number {
  return Buffer.byteLength(encodeEnvelope(envelope)) < 126 ? 2 : 4
}
