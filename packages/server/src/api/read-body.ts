import { timeout, TimeoutError } from 'corral'
import { HttpProblem } from '../errors.ts'
import type { Transport } from '../transport/transport.ts'

export interface BodyLimits {
  readonly maxBodyBytes: number
  readonly bodyTimeout: number
}

/** The whole body. It is counted as it arrives: the declared length cannot be trusted. */
export async function readBody(transport: Transport, limits: BodyLimits): Promise<Buffer> {
  const { maxBodyBytes, bodyTimeout } = limits
  if (Number(transport.headers['content-length'] ?? 0) > maxBodyBytes) {
    throw tooLarge(transport, maxBodyBytes)
  }
  const arrived = transport.arrived?.()
  if (arrived !== undefined) {
    if (arrived.byteLength > maxBodyBytes) throw tooLarge(transport, maxBodyBytes)
    return arrived
  }
  try {
    return await timeout(bodyTimeout, () => collect(transport, maxBodyBytes))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    transport.closeAfter()
    throw new HttpProblem(408, { detail: `the body took longer than ${bodyTimeout} ms` })
  }
}

async function collect(transport: Transport, maxBodyBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const piece = await transport.read()
    if (piece === undefined) break
    size += piece.byteLength
    if (size > maxBodyBytes) throw tooLarge(transport, maxBodyBytes)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}

function tooLarge(transport: Transport, maxBodyBytes: number): HttpProblem {
  transport.closeAfter() // the rest of it is still on its way
  return new HttpProblem(413, { detail: `the body may have ${maxBodyBytes} bytes` })
}

/** The body as JSON. */
export async function readJson(transport: Transport, limits: BodyLimits): Promise<unknown> {
  const type = transport.headers['content-type']
  const bytes = await readBody(transport, limits)
  if (bytes.byteLength === 0) return undefined
  if (typeof type !== 'string' || !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new HttpProblem(415, {
      detail: 'the body must be application/json',
      headers: { accept: 'application/json' },
    })
  }
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    throw new HttpProblem(400, { detail: 'the body is not JSON' })
  }
}
