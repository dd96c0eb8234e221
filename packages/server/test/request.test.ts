import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { gather, shield, sleep, TaskLocal } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { api, background, perRequest, reply, sse } from '../src/index.ts'
import type { Api, EngineOptions, RequestEvent, ServerSentEvent } from '../src/index.ts'
import { testClient } from '../src/testing.ts'
import type { TestClient } from '../src/testing.ts'

/** Calls an application without sockets, in virtual time; the result is the access log. */
async function calling(
  app: Api,
  fn: (client: TestClient) => Promise<unknown>,
  options: EngineOptions = {},
): Promise<RequestEvent[]> {
  const events: RequestEvent[] = []
  await testRun(async () => {
    const onRequest = (event: RequestEvent): void => void events.push(event)
    await using client = await testClient(app, { onError: () => {}, onRequest, ...options })
    await fn(client)
    await client.idle()
  })
  return events
}

/** Waits, and says so when it was cut short; its cleanup takes time. */
async function slow(seen: string[], name: string): Promise<string> {
  try {
    await sleep(10_000)
    return name
  } catch (error) {
    await shield(() => sleep(50))
    seen.push(`${name} cleaned up`)
    throw error
  }
}

describe('a request', () => {
  it('is published when it has ended, as onRequest is told of it', async () => {
    const published: unknown[] = []
    const tell = (event: unknown): void => void published.push(event)
    const app = api()
    app.get('/', () => 'hello')
    subscribe('corral:server.request', tell)
    const told = await calling(app, async (client) => await client.get('/'))
    unsubscribe('corral:server.request', tell)
    expect(published).toEqual(told)
    expect(published).toMatchObject([{ name: 'GET / #1', status: 200, outcome: 'answered' }])
  })

  it('is cancelled with all its tasks when the client goes, and ends after their cleanup', async () => {
    const seen: string[] = []
    const app = api()
    app.get('/', () => gather([() => slow(seen, 'a'), () => slow(seen, 'b')]))
    const [event] = await calling(app, async (client) => {
      const call = client.get('/')
      await sleep(100)
      expect(client.live).toBe(1)
      call.disconnect()
      await expect(call).rejects.toThrow('there is no answer')
      await call.ended()
      expect(seen).toEqual(['a cleaned up', 'b cleaned up'])
      expect(client.live).toBe(0)
    })
    expect(event).toEqual({
      name: 'GET / #1',
      method: 'GET',
      target: '/',
      client: '127.0.0.1',
      status: 0,
      outcome: 'disconnected',
      ms: 150,
    })
  })

  it('goes on without its client where the route says so', async () => {
    let done = false
    const app = api()
    const handler = async (): Promise<void> => {
      await sleep(1000)
      done = true
    }
    app.post('/', handler, { onDisconnect: 'finish' })
    await calling(app, async (client) => {
      const call = client.post('/')
      await sleep(1)
      call.disconnect()
      await call.ended()
      expect(done).toBe(true)
    })
  })

  it.each([
    ['the route', {}, 300, {}, 300],
    ['the server', {}, 300, { timeout: 200 }, 200],
    ['request-timeout-ms', { 'request-timeout-ms': '100' }, 300, { timeout: 200 }, 100],
    ['connect-timeout-ms', { 'connect-timeout-ms': '100' }, 300, {}, 100],
    ['grpc-timeout', { 'grpc-timeout': '100000u' }, 300, {}, 100],
    ['the route, a malformed header aside', { 'request-timeout-ms': '-1' }, 300, {}, 300],
  ])(
    'has the time of %s, and answers 504 after its cleanup',
    async (_, headers, timeout, options, ms) => {
      const seen: string[] = []
      const app = api()
      app.get('/', () => slow(seen, 'work'), { timeout })
      const [event] = await calling(
        app,
        async (client) => expect((await client.get('/', { headers })).status).toBe(504),
        options,
      )
      expect(seen).toEqual(['work cleaned up'])
      expect(event).toMatchObject({ outcome: 'timed out', ms: ms + 50 })
    },
  )

  it('never begins its work when its time is over in line', async () => {
    let begun = 0
    const app = api()
    const handler = async (): Promise<void> => {
      begun += 1
      await sleep(1000)
    }
    app.get('/', handler, { limit: 1, queue: 5, queueTimeout: 5000, timeout: 1500 })
    await calling(app, async (client) => {
      const calls = [client.get('/'), client.get('/', { headers: { 'request-timeout-ms': '500' } })]
      const answers = await gather(calls.map((call) => async () => (await call).status))
      expect([answers, begun]).toEqual([[204, 504], 1])
      expect((await client.get('/', { headers: { 'request-timeout-ms': '0' } })).status).toBe(504)
      expect(begun).toBe(1)
    })
  })

  it('is refused with 503 when no place is free, in line or in time; health is not', async () => {
    const app = api()
    app.get('/', () => sleep(1000))
    const events = await calling(
      app,
      async (client) => {
        const calls = [client.get('/'), client.get('/'), client.get('/'), client.get('/readyz')]
        const answers = await gather(calls.map((call) => async () => (await call).status))
        expect(answers).toEqual([204, 503, 503, 200])
        expect((await client.get('/')).status).toBe(204) // every place was given back
        const refused = [client.get('/'), client.get('/'), client.get('/')][2]
        expect((await refused)?.headers['retry-after']).toBe(1)
      },
      { limit: 1, queue: 1, queueTimeout: 100 },
    )
    const shed = events.filter(({ outcome }) => outcome === 'shed')
    expect(shed.slice(0, 2).map(({ ms }) => ms)).toEqual([0, 100]) // no line, no time
  })

  it("to a path of the health checks is the application's when they are switched off", async () => {
    const app = api()
    app.get('/livez', () => 'mine')
    const ask = async (client: TestClient): Promise<unknown> =>
      await (await client.get('/livez')).text()
    await calling(app, async (client) => expect(await ask(client)).toBe('ok'))
    const mine = async (client: TestClient): Promise<void> =>
      expect(await ask(client)).toBe('"mine"')
    await calling(app, mine, { livePath: false })
  })

  it('of which the client goes in line leaves the line, and loses no place', async () => {
    const app = api()
    app.get('/', () => sleep(1000), { limit: 1, queue: 2, queueTimeout: 60_000 })
    await calling(app, async (client) => {
      const first = client.get('/')
      const gone = client.get('/')
      const last = client.get('/')
      await sleep(10)
      gone.disconnect()
      await gone.ended()
      const answers = await gather([
        async () => (await first).status,
        async () => (await last).status,
      ])
      expect(answers).toEqual([204, 204])
    })
  })

  it('is cancelled when the server is closed, and answered with 503', async () => {
    const seen: string[] = []
    const app = api()
    app.get('/', () => slow(seen, 'work'))
    await testRun(async () => {
      const client = await testClient(app)
      const call = client.get('/')
      await sleep(10)
      await client[Symbol.asyncDispose]()
      expect(seen).toEqual(['work cleaned up'])
      expect((await call).status).toBe(503)
      expect(() => client.get('/')).toThrow('it was closed')
    })
  })
})

describe('background', () => {
  it('outlives answer and client, fails alone, and is waited for', async () => {
    const done: string[] = []
    const errors: unknown[] = []
    const app = api()
    app.post('/', () => {
      background(async () => {
        await sleep(500)
        done.push('mail')
      })
      background(() => Promise.reject(new Error('no')), { name: 'bad' })
      background(() => sleep(10_000), { name: 'late', timeout: 100 })
      return sleep(200)
    })
    await calling(
      app,
      async (client) => {
        const call = client.post('/')
        await sleep(50)
        call.disconnect()
        await call.ended()
        expect([done, client.live]).toEqual([[], 2])
        await client.idle()
        expect(done).toEqual(['mail'])
      },
      { onError: (error, name) => errors.push(`${name}: ${(error as Error).message}`) },
    )
    expect(errors).toEqual(['bad: no', 'late: timed out after 100 ms'])
  })

  it('is refused where no request is under way', () => {
    expect(() => background(() => 1)).toThrow('background: no request is under way here')
  })
})

describe('perRequest', () => {
  /** A resource that writes down what becomes of it. */
  function recorded(seen: string[], name: string, until: 'handler' | 'response' = 'handler') {
    return perRequest<string>(
      async (use) => {
        await sleep(10)
        seen.push(`open ${name}`)
        try {
          await use(name)
          await sleep(10)
          seen.push(`commit ${name}`)
        } catch (error) {
          await shield(() => sleep(10))
          seen.push(`roll back ${name}`)
          throw error
        }
      },
      { until, name },
    )
  }

  it('is opened once, and closed in reverse order before the answer', async () => {
    const seen: string[] = []
    const [a, b] = [recorded(seen, 'a'), recorded(seen, 'b')]
    const app = api()
    app.get('/', async () => {
      await gather([() => a.get(), () => a.get()])
      return `${await b.get()}${await a.get()}`
    })
    await calling(app, async (client) => {
      const answer = await client.get('/')
      expect(await answer.json()).toBe('ba')
      expect(seen).toEqual(['open a', 'open b', 'commit b', 'commit a'])
    })
  })

  it.each(['fails', 'is cancelled'])('is rolled back when the request %s', async (how) => {
    const seen: string[] = []
    const [a, b] = [recorded(seen, 'a'), recorded(seen, 'b', 'response')]
    const app = api()
    app.get('/', async () => {
      await a.get()
      await b.get()
      await sleep(1000)
      throw new Error('no')
    })
    await calling(app, async (client) => {
      const call = client.get('/')
      if (how === 'fails') expect((await call).status).toBe(500)
      else {
        await sleep(100)
        call.disconnect()
      }
      await call.ended()
      expect(seen.toSorted()).toEqual(['open a', 'open b', 'roll back a', 'roll back b'])
    })
  })

  it('that fails to commit makes a 500 of the answer', async () => {
    const tx = perRequest<number>(async (use) => {
      await use(1)
      throw new Error('conflict')
    })
    const app = api()
    app.get('/', () => tx.get())
    await calling(app, async (client) => expect((await client.get('/')).status).toBe(500))
  })

  it('until the response lasts as long as the stream', async () => {
    const seen: string[] = []
    const cursor = recorded(seen, 'cursor', 'response')
    const app = api()
    app.get('/', async () => {
      await cursor.get()
      async function* rows(): AsyncGenerator<string> {
        yield 'row'
        await sleep(10)
        seen.push('streamed')
      }
      return reply(rows())
    })
    await calling(app, async (client) => {
      const call = client.get('/')
      expect(await (await call).text()).toBe('row')
      await call.ended()
      expect(seen).toEqual(['open cursor', 'streamed', 'commit cursor'])
    })
  })

  it('that is still being opened is cut short when the client goes; a fake stands in for it', async () => {
    const tx = perRequest<string>(async (use) => {
      await sleep(10_000)
      await use('real')
    })
    const app = api()
    app.get('/real', () => tx.get())
    app.get('/fake', () => tx.run('fake', () => tx.get()))
    const [event] = await calling(app, async (client) => {
      const call = client.get('/real')
      await sleep(100)
      call.disconnect()
      await call.ended()
      expect(await (await client.get('/fake')).json()).toBe('fake')
    })
    expect(event?.ms).toBe(100)
  })
})

describe('lifespan', () => {
  it('is opened before the first request, and closed in reverse order after the last work', async () => {
    const seen: string[] = []
    const user = new TaskLocal('nobody')
    const app = api()
    const hold = (name: string) => async (use: (value: string) => Promise<void>) => {
      await sleep(10)
      seen.push(`open ${name}`)
      await use(name)
      seen.push(`close ${name}`)
    }
    const db = app.lifespan(hold('db'))
    app.lifespan(hold('cache'), { name: 'cache' })
    app.get('/', () => {
      background(async () => {
        await shield(() => sleep(100))
        seen.push(`work with ${db.get()}`)
      })
      return db.get()
    })
    await user.run('Ann', () =>
      testRun(async () => {
        await using client = await testClient(app)
        expect(await (await client.get('/')).json()).toBe('db')
      }),
    )
    expect(seen).toEqual(['open db', 'open cache', 'work with db', 'close cache', 'close db'])
  })

  it('that cannot be opened closes those before it, and is thrown', async () => {
    const seen: string[] = []
    const app = api()
    app.lifespan(async (use) => {
      await use(1)
      seen.push('closed')
    })
    app.lifespan(() => Promise.reject(new Error('no database')))
    await expect(testRun(() => testClient(app))).rejects.toThrow('no database')
    expect(seen).toEqual(['closed'])
  })
})

describe('a stream', () => {
  it('is read no faster than the client takes it, and closed when the client goes', async () => {
    let [made, closed] = [0, false]
    async function* numbers(): AsyncGenerator<string> {
      try {
        for (;;) yield `${(made += 1)}`
      } finally {
        await sleep(0).catch(() => {})
        closed = true
      }
    }
    const app = api()
    app.get('/', () => reply(numbers()))
    await calling(app, async (client) => {
      const call = client.get('/')
      await call
      await sleep(1000)
      expect(made).toBeLessThan(5)
      call.disconnect()
      await call.ended()
      expect(closed).toBe(true)
    })
  })

  it('is closed when it is blocked in something foreign, and when it is never read', async () => {
    const seen: string[] = []
    const source = (name: string) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => {}),
        return: async () => {
          seen.push(name)
          return { done: true as const, value: undefined }
        },
      }),
    })
    const app = api()
    app.get('/:name', ({ params }) => reply(source(params.name)))
    await calling(app, async (client) => {
      const call = client.get('/blocked')
      await sleep(1)
      call.disconnect()
      await call.ended()
      await client.request('HEAD', '/unread')
    })
    expect(seen).toEqual(['blocked', 'unread'])
  })

  it('that fails after the head is cut off, not ended', async () => {
    const app = api()
    async function* broken(): AsyncGenerator<string> {
      yield 'a'
      throw new Error('no')
    }
    app.get('/', () => reply(broken()))
    await calling(app, async (client) => {
      const answer = await client.get('/')
      await expect(answer.text()).rejects.toThrow('the answer is not complete')
    })
  })
})

describe('sse', () => {
  it('sends events, and comments while there are none', async () => {
    async function* events(): AsyncGenerator<ServerSentEvent> {
      yield { data: 'one\ntwo', event: 'e', id: '7', retry: 100 }
      await sleep(250)
      yield { data: { n: 1 } }
    }
    const app = api()
    app.get('/', () => sse(events(), { keepAlive: 100 }))
    await calling(app, async (client) => {
      const answer = await client.get('/')
      expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8' })
      expect(await answer.text()).toBe(
        'event: e\nid: 7\nretry: 100\ndata: one\ndata: two\n\n:\n\n:\n\ndata: {"n":1}\n\n',
      )
    })
  })

  it.each(['\r', '\n', '\0'])('refuses %j in what must be one line', async (character) => {
    async function* events(): AsyncGenerator<ServerSentEvent> {
      yield { data: '', id: `a${character}data: b` }
    }
    const errors: unknown[] = []
    const app = api()
    app.get('/', () => sse(events()))
    const onError = (error: unknown): void => void errors.push((error as Error).message)
    await calling(
      app,
      async (client) =>
        await expect((await client.get('/')).text()).rejects.toThrow('not complete'),
      { onError },
    )
    expect(errors).toEqual([expect.stringContaining('sse: id must be one line without NUL')])
  })
})
