import { cancellable, CancelScope, moveOnAfter, shield } from 'corral'
import type { Transport } from '../transport/transport.ts'
import type { Reply } from './reply.ts'

/** Calls `end` when the server drains, until it is disposed. */
export type OnDrain = (end: () => void) => Disposable

/** How long to wait for a source that does not react to being closed. */
const CLOSE_GRACE = 1000

/** Sends a response to completion. A stream is read no faster than the client takes it, and is always closed. */
export async function send(transport: Transport, reply: Reply, onDrain: OnDrain): Promise<void> {
  const { status, headers, body } = reply
  if (body === undefined) {
    transport.head(status, hasNoLength(status) ? headers : { ...headers, 'content-length': 0 })
    await transport.end()
  } else if (typeof body === 'string' || body instanceof Uint8Array) {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    transport.head(status, { 'content-length': length, ...headers })
    await transport.end(transport.method === 'HEAD' ? undefined : body)
  } else {
    await pour(transport, reply, body[Symbol.asyncIterator](), onDrain)
  }
}

function hasNoLength(status: number): boolean {
  return status === 204 || status === 304 || status < 200
}

async function pour(
  transport: Transport,
  reply: Reply,
  source: AsyncIterator<string | Uint8Array>,
  onDrain: OnDrain,
): Promise<void> {
  try {
    transport.head(reply.status, reply.headers)
    if (transport.method !== 'HEAD') {
      const scope = new CancelScope({ name: 'stream' })
      using _ = reply.endless ? onDrain(() => scope.cancel('the server drains')) : undefined
      await scope.run(async () => {
        for (;;) {
          // A source may be in a foreign wait that no cancellation reaches.
          const step = await cancellable(source.next())
          if (step.done) return
          await transport.write(step.value)
        }
      })
    }
  } finally {
    await shield(() => moveOnAfter(CLOSE_GRACE, () => cancellable(closed(source))))
  }
  await transport.end()
}

/** A source that fails while it is being closed no longer matters: the response is over. */
async function closed(source: AsyncIterator<unknown>): Promise<void> {
  try {
    await source.return?.()
  } catch {
    // what it was waiting for was cut short
  }
}
