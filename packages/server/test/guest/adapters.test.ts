import { once } from 'node:events'
import { currentSignal, Event, run, shield, sleep, spawn, timeout } from 'corral'
import { describe, expect, it } from 'vitest'
import type { RequestEvent } from '../../src/index.ts'
import { dial, get, received } from '../serving.ts'
import { adapters } from './adapters.ts'
import type { Adapter, Options, Running } from './adapters.ts'

interface Trial {
  readonly app: Running
  readonly port: { readonly port: number }
  readonly events: RequestEvent[]
  readonly errors: string[]
  readonly seen: string[]
  readonly begun: Event
  ended(count: number): Promise<void>
}

/** The same application with each adapter; its cleanup takes time. */
function trying(
  adapter: Adapter,
  fn: (trial: Trial) => Promise<void>,
  options: Options = {},
): Promise<void> {
  return run(
    async () => {
      const [events, errors, seen] = [[] as RequestEvent[], [] as string[], [] as string[]]
      const [begun, changed] = [new Event(), new Event()]
      const wait = async (): Promise<void> => {
        begun.set()
        try {
          await sleep(600_000)
        } finally {
          await shield(() => sleep(30))
          seen.push('cleaned up')
        }
      }
      async function* pieces(): AsyncGenerator<string> {
        try {
          for (;;) {
            begun.set()
            yield 'x'.repeat(16_384)
          }
        } finally {
          seen.push('source closed')
        }
      }
      const onRequest = (event: RequestEvent): void => {
        events.push(event)
        changed.set()
      }
      const onError = (error: unknown): void => void errors.push(String(error))
      await using app = await adapter({ wait, pieces }, { onRequest, onError, ...options })
      const ended = async (count: number): Promise<void> => {
        while (events.length < count) {
          changed.clear()
          await timeout(20_000, () => changed.wait())
        }
      }
      const port = { port: Number(new URL(app.url).port) }
      await fn({ app, port, events, errors, seen, begun, ended })
    },
    { handleSignals: false },
  )
}

describe.each(Object.entries(adapters))('a request of %s', (_, adapter) => {
  it('is cancelled when its client goes, ends after its cleanup, in a pipeline too', async () => {
    await trying(adapter, async ({ port, begun, events, seen, ended }) => {
      for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
        begun.clear()
        const socket = await dial(port, get('/wait'))
        await begun.wait()
        socket[leave]()
        await ended(events.length + 1)
        socket.destroy()
      }
      begun.clear()
      const socket = await dial(port, get('/wait').repeat(3))
      await begun.wait()
      await sleep(100) // for the others of the pipeline, where their server reads them
      socket.destroy()
      const count = await settled(events, ended)
      expect(events.map(({ outcome }) => outcome)).toEqual(Array(count).fill('disconnected'))
      expect(seen).toEqual(Array(count).fill('cleaned up'))
    })
  })

  it('is cancelled when its client goes while it streams; the source is closed', async () => {
    await trying(adapter, async ({ port, begun, events, seen, ended }) => {
      const socket = await dial(port, get('/stream'))
      await once(socket, 'data', { signal: currentSignal() })
      await begun.wait()
      socket.destroy()
      await ended(1)
      await timeout(20_000, async () => {
        while (seen.length === 0) await sleep(1)
      })
      expect([events[0]?.outcome, seen]).toEqual(['disconnected', ['source closed']])
    })
  })

  it('is 504 when its time is over, after its cleanup; a header may make it shorter', async () => {
    await trying(adapter, async ({ app, seen, events, ended }) => {
      expect((await fetch(`${app.url}/late`, { signal: currentSignal() })).status).toBe(504)
      const headers = { 'request-timeout-ms': '40' }
      const short = await fetch(`${app.url}/wait`, { headers, signal: currentSignal() })
      expect([short.status, seen]).toEqual([504, ['cleaned up', 'cleaned up']])
      await ended(2)
      expect(events.map(({ outcome }) => outcome)).toEqual(['timed out', 'timed out'])
    })
  })

  it('is cancelled never when it is complete, and 500 when it fails', async () => {
    await trying(adapter, async ({ app, port, events, ended }) => {
      const failed = await fetch(`${app.url}/throw`, { signal: currentSignal() })
      expect([failed.status, (await failed.text()).includes('at ')]).toEqual([500, false])
      const post = 'POST /ok HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'
      const last = 'GET /ok HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
      for (let round = 0; round < 10; round += 1) {
        const text = await received(await dial(port, (get('/ok') + post).repeat(20) + last))
        expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(41)
      }
      await ended(411)
      const others = events.slice(1).filter(({ outcome }) => outcome !== 'answered')
      expect(others).toEqual([])
    })
  })

  it('is waited for by a drain, and cancelled when the grace is over', async () => {
    await trying(
      adapter,
      async ({ app, port, begun, events, seen }) => {
        const text = received(await dial(port, get('/wait')))
        await begun.wait()
        const draining = spawn(() => app.drain())
        await sleep(50)
        expect(events).toEqual([])
        await draining
        expect(seen).toEqual(['cleaned up'])
        expect(events.map(({ outcome }) => outcome)).toEqual(['cancelled'])
        expect(await text).toMatch(/503|^$/)
      },
      { grace: 200 },
    )
  })
})

/** How many have ended when no more come: servers differ in how many of a pipeline they begin. */
async function settled(
  events: readonly RequestEvent[],
  ended: (count: number) => Promise<void>,
): Promise<number> {
  await ended(4)
  await sleep(300)
  return events.length
}
