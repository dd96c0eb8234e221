import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BrokenError,
  CancelScope,
  ClosedError,
  Future,
  isCancelled,
  moveOnAfter,
  run,
  sleep,
  spawn,
} from 'corral'
import { Link, testRun } from 'corral/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { connect, openListener } from '../../src/index.ts'
import type { Connection, ConnectTarget, ListenOptions } from '../../src/index.ts'
import { cert, key } from './certificate.ts'
import { linkedConnections } from './link-duplex.ts'

/** What the core's links and our connections have in common. */
interface End extends AsyncIterable<Uint8Array>, AsyncDisposable {
  read(): Promise<Uint8Array | undefined>
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

interface Pair {
  readonly a: End
  readonly b: End
  /** Ends it from the side of `b`, without a farewell. */
  readonly breakOff: () => void
}

const folder = mkdtempSync(join(tmpdir(), 'corral-net-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function withSockets(
  options: ListenOptions,
  target: (port: number) => ConnectTarget,
  test: (pair: Pair) => Promise<void>,
): Promise<void> {
  const accepted = new Future<Connection>()
  await using listener = await openListener(async (connection) => {
    accepted.resolve(connection)
    await sleep(Infinity)
  }, options)
  const to = target(listener.address.port ?? 0)
  await using a = await connect(to, options.tls ? { tls: { ca: cert } } : {})
  const b = await accepted
  await test({ a, b, breakOff: () => b.abort() })
}

const localhost = (port: number): ConnectTarget => ({ host: 'localhost', port })
const path = join(folder, 'socket')

/** Each runs a test with a pair of ends joined in its own way. */
const transports: Record<string, (test: (pair: Pair) => Promise<void>) => Promise<unknown>> = {
  'a link of the core': (test) =>
    testRun(async () => {
      const link = new Link<Uint8Array>()
      await test({ a: link.a, b: link.b, breakOff: () => link.break() })
    }),
  'a link of the core that is slow and cuts': (test) =>
    testRun(async () => {
      const link = new Link<Uint8Array>({ latency: 20, jitter: 10, split: true })
      await test({ a: link.a, b: link.b, breakOff: () => link.break() })
    }),
  'a connection over links': (test) =>
    testRun(async () => {
      const { a, b, links } = linkedConnections({ latency: 20, split: true })
      await using _a = a
      await using _b = b
      await test({ a, b, breakOff: () => links.forEach((link) => link.break()) })
    }),
  TCP: (test) => run(() => withSockets({}, localhost, test), { handleSignals: false }),
  'a Unix socket': (test) =>
    run(() => withSockets({ path }, () => ({ path }), test), { handleSignals: false }),
  TLS: (test) =>
    run(() => withSockets({ tls: { key, cert } }, localhost, test), { handleSignals: false }),
}

describe.each(Object.entries(transports))('%s', (name, within) => {
  const bytes = (text: string): Uint8Array => Buffer.from(text)

  async function readAtLeast(end: End, count: number): Promise<string> {
    let text = ''
    while (text.length < count) {
      const chunk = await end.read()
      if (chunk === undefined) break
      text += Buffer.from(chunk).toString('latin1')
    }
    return text
  }

  it('delivers what is written, in order, both ways', () =>
    within(async ({ a, b }) => {
      await a.write(bytes('one '))
      await a.write(bytes('two'))
      expect(await readAtLeast(b, 7)).toBe('one two')
      await b.write(bytes('three'))
      expect(await readAtLeast(a, 5)).toBe('three')
    }))

  it('ends with undefined when the other side closes, after all it wrote, again and again', () =>
    within(async ({ a, b }) => {
      await a.write(bytes('last words'))
      await a.close()
      expect(await readAtLeast(b, 100)).toBe('last words')
      expect(await b.read()).toBeUndefined()
      expect(await b.read()).toBeUndefined()
    }))

  it('is a loop of what arrives', () =>
    within(async ({ a, b }) => {
      await a.write(bytes('abc'))
      await a.close()
      let text = ''
      for await (const chunk of b) text += Buffer.from(chunk).toString()
      expect(text).toBe('abc')
    }))

  it('refuses everything after its own close, which can be called twice', () =>
    within(async ({ a }) => {
      await a.close()
      await a.close()
      await expect(a.read()).rejects.toBeInstanceOf(ClosedError)
      await expect(a.write(bytes('x'))).rejects.toBeInstanceOf(ClosedError)
    }))

  it('closed while somebody reads turns the reader away', () =>
    within(async ({ a }) => {
      const reading = spawn(async () => {
        const error: unknown = await a.read().catch((error: unknown) => error)
        return error
      })
      await sleep(1)
      await a.close()
      expect(await reading).toBeInstanceOf(ClosedError)
    }))

  it('broken off is a BrokenError of whoever reads, and of whoever writes then', () =>
    within(async ({ a, breakOff }) => {
      const reading = spawn(async () => {
        const error: unknown = await a.read().catch((error: unknown) => error)
        return error
      })
      await sleep(1)
      breakOff()
      const error = await reading
      // Unix sockets and TLS know no reset: it may look like an end.
      if (error !== undefined || name === 'TCP') expect(error).toBeInstanceOf(BrokenError)
      const failure = async (): Promise<unknown> => {
        for (;;) {
          await a.write(bytes('x'))
          await sleep(1)
        }
      }
      await expect(failure()).rejects.toBeInstanceOf(BrokenError)
    }))

  it('a cancelled read loses nothing', () =>
    within(async ({ a, b }) => {
      for (const text of ['a', 'b', 'c']) {
        expect(await moveOnAfter(1, () => b.read())).toEqual({ timedOut: true })
        await a.write(bytes(text))
        expect(await readAtLeast(b, 1)).toBe(text)
      }
    }))

  it('in a cancelled scope writes nothing', () =>
    within(async ({ a, b }) => {
      const scope = new CancelScope()
      let error: unknown
      await scope.run(async () => {
        scope.cancel()
        await a.write(bytes('never')).catch((caught: unknown) => (error = caught))
      })
      expect(isCancelled(error)).toBe(true)
      await a.write(bytes('but this'))
      expect(await readAtLeast(b, 8)).toBe('but this')
    }))
})
