/** Error codes of RFC 9113, section 7, in their order. */
const names = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** What a stream of HTTP/2 ended with, while its connection may serve others. */
export class StreamReset extends Error {
  /** `PROTOCOL_ERROR` and the like. */
  readonly reason: string
  /** The server has not acted on the request: it may be sent again, whatever it is. */
  readonly refused: boolean

  constructor(code: number, refused: boolean) {
    const reason = names[code] ?? `code ${code}`
    super(`the stream was ${refused ? 'refused' : 'reset'}: ${reason}`)
    this.reason = reason
    this.refused = refused || reason === 'REFUSED_STREAM' || reason === 'HTTP_1_1_REQUIRED'
  }

  static {
    this.prototype.name = 'StreamReset'
  }
}
