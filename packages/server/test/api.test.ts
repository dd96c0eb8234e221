import { sleep } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api, HttpProblem, json, reply } from '../src/index.ts'
import type { Api } from '../src/index.ts'
import { testClient } from '../src/testing.ts'
import type { TestClient } from '../src/testing.ts'

/** Calls an application without sockets, in virtual time. */
function calling<T>(app: Api, fn: (client: TestClient) => Promise<T>): Promise<T> {
  return testRun(async () => {
    await using client = await testClient(app, { onError: () => {} })
    return await fn(client)
  })
}

describe('api', () => {
  it('refuses what JSON would write as an empty object, and says what to do', async () => {
    const app = api()
    const values = {
      '/promise': { user: Promise.resolve('ada') },
      '/map': { of: [new Map([[1, 2]])] },
      '/error': new Error('x'),
      '/stream': (async function* () {})(),
      '/bytes': new Uint8Array(3),
      '/function': () => 1,
      '/bigint': { big: 1n, none: new Set() },
    }
    for (const [path, value] of Object.entries(values)) app.get(path, () => value)
    app.get('/empty', () => ({ a: {}, b: [], c: Object.create(null), at: new Date(0) }))
    const said: string[] = []
    await testRun(async () => {
      const onError = (error: unknown) => void said.push((error as Error).message)
      await using client = await testClient(app, { onError })
      for (const path of Object.keys(values)) {
        expect((await client.get(path)).status).toBe(500)
      }
      const empty = await client.get('/empty')
      expect(await empty.text()).toBe('{"a":{},"b":[],"c":{},"at":"1970-01-01T00:00:00.000Z"}')
    })
    expect(said).toEqual([
      'json: the value at "user" must be JSON, got Promise (object); await it',
      'json: the value at "0" must be JSON, got Map (object); make it an object or an array',
      'json: the value must be JSON, got Error (object); throw it, or send its message',
      'json: the value must be JSON, got AsyncGenerator (object); send it with reply(source) or sse(source)',
      'json: the value must be JSON, got Uint8Array (object); send bytes with reply(bytes)',
      'json: the value must be JSON, got /function (function)',
      'json: the value at "none" must be JSON, got Set (object); make it an object or an array',
    ])
  })

  it('answers with JSON of a plain value, and 204 for none', async () => {
    const app = api()
    app.get('/users/:id', ({ params }) => ({ id: params.id }))
    app.delete('/users/:id', () => undefined)
    app.post('/users', () => json({ big: 2n ** 64n }, { status: 201, headers: { Location: '/1' } }))
    app.get('/text', () => reply('hello'))
    await calling(app, async (client) => {
      const user = await client.get('/users/a%2Fb?x=1')
      expect([user.status, await user.json()]).toEqual([200, { id: 'a/b' }])
      expect(user.headers['content-type']).toBe('application/json')
      expect((await client.delete('/users/1')).status).toBe(204)
      const made = await client.post('/users')
      expect([made.status, made.headers['location']]).toEqual([201, '/1'])
      expect(await made.text()).toBe('{"big":"18446744073709551616"}')
      const text = await client.get('/text')
      expect([text.headers['content-type'], await text.text()]).toEqual([
        'text/plain; charset=utf-8',
        'hello',
      ])
    })
  })

  it('gives a handler a context that can be taken apart and copied', async () => {
    const app = api()
    app.post('/a/:id', ({ body, ...rest }) => ({ ...rest, request: 0, body: body ?? null }))
    app.get('/n/:n', ({ ...all }) => ({ n: all.params.n, query: all.query }), {
      params: z.object({ n: z.coerce.number() }),
      query: z.object({ x: z.string().default('none') }),
    })
    await calling(app, async (client) => {
      const raw = await client.post('/a/1?x=2', { headers: { 'x-own': 'yes' } })
      expect(await raw.json()).toMatchObject({
        params: { id: '1' },
        query: { x: '2' },
        headers: { 'x-own': 'yes' },
        body: null,
      })
      expect(await (await client.get('/n/7')).json()).toEqual({ n: 7, query: { x: 'none' } })
    })
  })

  it('answers 404, 405 with Allow, HEAD without a body, OPTIONS, and 400 for a broken path', async () => {
    const app = api()
    app.get('/a/:id', () => ({ ok: true }))
    app.put('/a/:id', () => undefined)
    await calling(app, async (client) => {
      expect((await client.get('/b')).status).toBe(404)
      const wrong = await client.post('/a/1')
      expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'GET, HEAD, PUT, OPTIONS'])
      expect(wrong.headers['content-type']).toBe('application/problem+json')
      const head = await client.request('HEAD', '/a/1')
      expect([head.status, head.headers['content-length'], await head.text()]).toEqual([
        200,
        11,
        '',
      ])
      const options = await client.request('OPTIONS', '/a/1')
      expect([options.status, options.headers['allow']]).toEqual([204, 'GET, HEAD, PUT, OPTIONS'])
      expect((await client.get('/a/%zz')).status).toBe(400)
    })
  })

  it('validates every part, and tells each issue with its path', async () => {
    const app = api()
    app.post(
      '/orders/:id',
      ({ params, query, body }) => ({ id: params.id + 1, sort: query.sort, n: body.items.length }),
      {
        params: z.object({ id: z.coerce.number() }),
        query: z.object({ sort: z.enum(['up', 'down']) }),
        body: z.object({ items: z.array(z.object({ price: z.number() })) }),
      },
    )
    await calling(app, async (client) => {
      const good = await client.post('/orders/1?sort=up', { json: { items: [{ price: 1 }] } })
      expect(await good.json()).toEqual({ id: 2, sort: 'up', n: 1 })
      const bad = await client.post('/orders/x?sort=no', { json: { items: [{ price: 'a' }] } })
      expect(bad.status).toBe(422)
      expect(await bad.json()).toMatchObject({
        title: 'Unprocessable Entity',
        issues: [
          { path: ['params', 'id'] },
          { path: ['query', 'sort'] },
          { path: ['body', 'items', 0, 'price'] },
        ],
      })
      expect((await client.post('/orders/1?sort=up')).status).toBe(422) // no body at all
    })
  })

  it('refuses a body of another type, broken JSON, and one that is too large or too slow', async () => {
    const app = api()
    const options = { body: z.unknown(), maxBodyBytes: 10, bodyTimeout: 1000 }
    app.post('/', ({ body }) => json(body), options)
    await calling(app, async (client) => {
      const send = (body: string | AsyncIterable<string>, type = 'application/json') =>
        client.post('/', { body, headers: { 'content-type': type } })
      expect((await send('{}', 'text/plain')).status).toBe(415)
      expect((await send('{')).status).toBe(400)
      expect((await send('[1,2,3,4,5,6]')).status).toBe(413)
      expect((await send('[1]', 'application/vnd.x+json; charset=utf-8')).status).toBe(200)
      const lying = { 'content-type': 'application/json', 'content-length': '2' }
      expect((await client.post('/', { body: '[1,2,3,4,5,6]', headers: lying })).status).toBe(413)
      async function* slow(): AsyncGenerator<string> {
        yield '['
        await sleep(5000)
        yield ']'
      }
      expect((await send(slow())).status).toBe(408)
    })
  })

  it('tells the client of a thrown problem, and nothing of any other error', async () => {
    const app = api()
    app.get('/known', () => {
      throw new HttpProblem(409, { detail: 'it is taken', members: { by: 'Ann' } })
    })
    app.get('/unknown', () => {
      throw new Error('the password is 1234')
    })
    const errors: unknown[] = []
    await testRun(async () => {
      await using client = await testClient(app, { onError: (...told) => errors.push(told) })
      const known = await client.get('/known')
      expect([known.status, await known.json()]).toEqual([
        409,
        { title: 'Conflict', status: 409, detail: 'it is taken', by: 'Ann' },
      ])
      const unknown = await client.get('/unknown')
      expect([unknown.status, await unknown.json()]).toEqual([
        500,
        { title: 'Internal Server Error', status: 500 },
      ])
    })
    expect(errors).toEqual([[new Error('the password is 1234'), 'GET /unknown #2']])
  })

  it('runs middleware around handlers and refusals, the first one outermost', async () => {
    const app = api()
    const seen: string[] = []
    app.use(async (request, next) => {
      seen.push(`in ${request.route}`)
      try {
        const answer = await next()
        return answer.with({ 'x-outer': 'yes' })
      } finally {
        seen.push('out')
      }
    })
    app.use(async (request, next) =>
      request.path === '/denied' ? reply('no', { status: 403 }) : next(),
    )
    app.get('/:name', ({ params }) => params.name)
    await calling(app, async (client) => {
      const answer = await client.get('/x')
      expect([answer.headers['x-outer'], await answer.json()]).toEqual(['yes', 'x'])
      expect((await client.get('/denied')).status).toBe(403)
      expect((await client.get('/no/route')).status).toBe(404)
    })
    expect(seen).toEqual(['in /:name', 'out', 'in /:name', 'out', 'in undefined', 'out'])
  })

  it('mounts what has a fetch below a prefix', async () => {
    const app = api()
    app.mount('/legacy', async (request) => {
      const { pathname, search } = new URL(request.url)
      return new Response(`${request.method} ${pathname}${search} ${await request.text()}`, {
        status: 202,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      })
    })
    await calling(app, async (client) => {
      const answer = await client.post('/legacy/deep/er?x=1', { body: 'hi' })
      expect([answer.status, answer.headers['set-cookie']]).toEqual([202, ['a=1', 'b=2']])
      expect(await answer.text()).toBe('POST /deep/er?x=1 hi')
      expect(await (await client.get('/legacy')).text()).toBe('GET / ')
    })
  })

  it('holds answers to their schema in tests', async () => {
    const app = api()
    const response = z.object({ id: z.number() })
    app.get('/', () => ({ id: 'x' }) as unknown as { id: number }, { response })
    await calling(app, async (client) => expect((await client.get('/')).status).toBe(500))
  })

  it.each([
    [
      () => api().get('x', () => 1),
      'api.get: path must be a string that begins with "/", got "x" (string)',
    ],
    [
      () => api().mount('/', () => new Response()),
      'api.mount: prefix must be a path such as "/legacy"',
    ],
    [() => api().get('/', () => 1, { timeout: -1 }), 'api.get: timeout must be'],
  ])('refuses what cannot be right', (make, message) => expect(make).toThrow(message))
})
