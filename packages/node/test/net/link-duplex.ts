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
    emitClose: false,
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      void callBack(outgoing.write(chunk), done)
    },
    final(done) {
      void callBack(outgoing.close(), done)
    },
    destroy(error, done) {
      reading.cancel()
      void callBack(outgoing.close(), (failed) => {
        const reason = failed ?? error
        done(reason)
        // Node tells of the end a tick later, which the explored world does not wait for; an error comes before it.
        if (reason) process.nextTick(() => duplex.emit('close'))
        else duplex.emit('close')
      })
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

async function callBack(work: Promise<void>, done: (error?: Error | null) => void): Promise<void> {
  try {
    await work
  } catch (error) {
    done(error as Error)
    return
  }
  done()
}
