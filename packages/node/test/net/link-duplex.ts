import { Duplex } from 'node:stream'
import { isCancelled, spawn } from 'corral'
import { Link } from 'corral/testing'
import type { LinkEnd, LinkOptions } from 'corral/testing'
import { Connection } from '../../src/index.ts'

/**
 * Two connections joined by the core's links, one for each direction, so that either ends by itself as those of
 * sockets do. They live in virtual time, and can be explored.
 */
export function linkedConnections(options: LinkOptions = {}): {
  readonly a: Connection
  readonly b: Connection
  readonly links: readonly Link[]
} {
  const [there, back] = [new Link(options), new Link(options)]
  return {
    a: new Connection(duplexOver(back.b, there.a)),
    b: new Connection(duplexOver(there.b, back.a), { accepted: true }),
    links: [there, back],
  }
}

function duplexOver(incoming: LinkEnd<Uint8Array>, outgoing: LinkEnd<Uint8Array>): Duplex {
  const duplex = new Duplex({
    allowHalfOpen: true,
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      outgoing.write(chunk).then(() => done(), done)
    },
    final(done) {
      outgoing.close().then(() => done(), done)
    },
    destroy(error, done) {
      reading.cancel()
      outgoing.close().then(() => done(error), done)
    },
  })
  const reading = spawn(async () => {
    try {
      for await (const chunk of incoming) duplex.push(chunk)
      duplex.push(null)
    } catch (error) {
      if (isCancelled(error)) throw error
      duplex.destroy(error as Error)
    }
  })
  return duplex
}
