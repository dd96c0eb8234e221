import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { api, cors, HttpProblem, json, setCookie } from '../src/index.ts'
import { testClient } from '../src/testing.ts'

const SHOP = 'https://shop.example'

describe('cors', () => {
  it('answers the question before, and marks answers and problems, for known origins', async () => {
    const app = api()
    app.use(cors({ origins: [SHOP], credentials: true, exposeHeaders: ['x-total'] }))
    app.put('/', () => 'ok')
    app.get('/problem', () => Promise.reject(new HttpProblem(404)))
    app.get('/mistake', () => Promise.reject(new Error('no')))
    await testRun(async () => {
      await using client = await testClient(app, { onError: () => {} })
      const asks = {
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type',
      }
      const before = await client.request('OPTIONS', '/', { headers: { origin: SHOP, ...asks } })
      expect([before.status, before.headers]).toEqual([
        204,
        {
          vary: 'origin',
          'access-control-allow-origin': SHOP,
          'access-control-allow-credentials': 'true',
          'access-control-allow-methods': 'PUT',
          'access-control-allow-headers': 'content-type',
          'access-control-max-age': '600',
        },
      ])
      for (const [method, path, status] of [
        ['PUT', '/', 200],
        ['GET', '/problem', 404],
        ['GET', '/mistake', 500],
      ] as const) {
        const answer = await client.request(method, path, { headers: { origin: SHOP } })
        expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([
          status,
          SHOP,
        ])
      }
      const other = await client.put('/', { headers: { origin: 'https://evil.example' } })
      expect([other.status, other.headers['access-control-allow-origin']]).toEqual([200, undefined])
    })
  })

  it('refuses credentials with any origin', () => {
    expect(() => cors({ origins: '*', credentials: true })).toThrow('cors: origins must be')
  })
})

describe('cookies', () => {
  it('come as names and values, and go with careful settings', async () => {
    const app = api().get('/', ({ request }) =>
      json(request.cookies, {
        headers: {
          'set-cookie': [
            setCookie('id', 'a;b', { maxAge: 1500 }),
            setCookie('x', '', { maxAge: 0 }),
          ],
        },
      }),
    )
    await testRun(async () => {
      await using client = await testClient(app)
      const answer = await client.get('/', { headers: { cookie: 'a=1; b="x"; c=%20y; broken' } })
      expect(await answer.json()).toEqual({ a: '1', b: '"x"', c: ' y' })
      expect(answer.headers['set-cookie']).toEqual([
        'id=a%3Bb; Max-Age=2; Path=/; HttpOnly; Secure; SameSite=Lax',
        'x=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
      ])
      expect(await (await client.get('/')).json()).toEqual({})
    })
    expect(() => setCookie('a b', '')).toThrow(TypeError)
  })
})
