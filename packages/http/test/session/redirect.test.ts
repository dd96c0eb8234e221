import { expect, test } from 'vitest'
import { HttpError, HttpSession } from '../../src/index.ts'
import { TestServer } from '../server.ts'

/** `/301/there` redirects with 301 to `/there`; anything else answers with what it was asked. */
const site = (): Promise<TestServer> =>
  TestServer.http((request, response) => {
    const [, status, ...rest] = (request.url ?? '').split('/')
    if (/^3\d\d$/.test(status ?? '')) {
      response.writeHead(Number(status), { location: decodeURIComponent(rest.join('/')) })
      response.end('over there')
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      response.end(JSON.stringify({ method, url, headers, body: String(Buffer.concat(chunks)) }))
    })
  })

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

test('HttpSession hands a redirect out as it is', async () => {
  await using server = await site()
  await using session = new HttpSession()
  const response = await session.get(`${server.url}302/%2Fthere`)
  expect(response.status).toBe(302)
  expect(response.headers.get('location')).toBe('/there')
  expect(response.redirects).toEqual([])
})

test('HttpSession follows redirects when told to, on one connection', async () => {
  await using server = await site()
  await using session = new HttpSession({ redirect: 'follow' })
  const second = `/301/${encodeURIComponent('/there?x')}`
  const response = await session.get(`${server.url}302/${encodeURIComponent(second)}`)
  expect(response.status).toBe(200)
  expect(response.url).toBe(`${server.url}there?x`)
  expect(response.redirects.map(({ status }) => status)).toEqual([302, 301])
  expect(server.accepted).toBe(1)
})

test.each([
  [301, 'POST', 'GET', ''],
  [302, 'POST', 'GET', ''],
  [303, 'POST', 'GET', ''],
  [307, 'POST', 'POST', 'body'],
  [308, 'POST', 'POST', 'body'],
  [301, 'PUT', 'PUT', 'body'],
  [303, 'PUT', 'GET', ''],
])('a %i to a %s becomes a %s', async (status, method, becomes, body) => {
  await using server = await site()
  await using session = new HttpSession({ redirect: 'follow' })
  const headers = { 'content-type': 'text/plain' }
  const url = `${server.url}${status}/%2Fthere`
  const response = await session.request(url, { method, headers, body: 'body' })
  const seen = await response.json<Seen>()
  expect(seen).toMatchObject({ method: becomes, url: '/there', body })
  expect(seen.headers['content-type']).toBe(body === '' ? undefined : 'text/plain')
  expect(response.redirects).toEqual([{ url, status, location: '/there' }])
})

test('secrets stay with their origin', async () => {
  await using server = await site()
  await using other = await site()
  await using session = new HttpSession({ redirect: 'follow' })
  const headers = { authorization: 'secret', cookie: 'a=b', 'x-mine': 'kept' }
  const near = await session.get(`${server.url}302/%2Fthere`, { headers })
  expect((await near.json<Seen>()).headers).toMatchObject(headers)
  const away = encodeURIComponent(`${other.url}there`)
  const far = await session.get(`${server.url}302/${away}`, { headers })
  const seen = (await far.json<Seen>()).headers
  expect(seen).toMatchObject({ 'x-mine': 'kept', host: new URL(other.url).host })
  expect(seen['authorization']).toBeUndefined()
  expect(seen['cookie']).toBeUndefined()
})

test('a redirect in a circle ends at maxRedirects, and leaves nothing open', async () => {
  await using server = await TestServer.http((_request, response) => {
    response.writeHead(302, { location: '/' }).end()
  })
  await using session = new HttpSession({ redirect: 'follow', maxRedirects: 3 })
  const error = await session.get(server.url).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(HttpError)
  expect(error).toMatchObject({ code: 'REDIRECT', url: server.url })
  expect((error as Error).message).toContain('more than 3 in a row')
  expect(server.accepted).toBe(1)
})

test('maxRedirects are followed, exactly', async () => {
  await using server = await site()
  await using session = new HttpSession({ redirect: 'follow', maxRedirects: 1 })
  expect((await session.get(`${server.url}302/%2Fthere`)).status).toBe(200)
  const twice = `${server.url}302/${encodeURIComponent('/302/%2Fthere')}`
  await expect(session.get(twice)).rejects.toMatchObject({ code: 'REDIRECT' })
})

test.each(['ftp://example.org/', 'http://', 'file:///etc/passwd', 'javascript:alert(1)'])(
  'a redirect to %s is not followed',
  async (location) => {
    await using server = await site()
    await using session = new HttpSession({ redirect: 'follow' })
    const error = await session
      .get(`${server.url}302/${encodeURIComponent(location)}`)
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'REDIRECT' })
  },
)

test('a redirect without a location, and other statuses, are answers', async () => {
  await using server = await TestServer.http((request, response) => {
    response.writeHead(request.url === '/300' ? 300 : 302, { 'x-there': '1' }).end()
  })
  await using session = new HttpSession({ redirect: 'follow' })
  expect((await session.get(`${server.url}300`)).status).toBe(300)
  expect((await session.get(server.url)).status).toBe(302)
})

test('a stream cannot be sent again', async () => {
  await using server = await site()
  await using session = new HttpSession({ redirect: 'follow' })
  const body = [Buffer.from('a'), Buffer.from('b')].values()
  const error = await session
    .request(`${server.url}307/%2Fthere`, { method: 'POST', body })
    .catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'REDIRECT' })
  expect((error as Error).message).toContain('its body was a stream')
})

test('all redirects together have the time of one attempt', async () => {
  await using server = await TestServer.http((_request, response) => {
    setTimeout(() => response.writeHead(302, { location: '/' }).end(), 15)
  })
  await using session = new HttpSession({ redirect: 'follow', maxRedirects: 100, timeout: 60 })
  await expect(session.get(server.url)).rejects.toMatchObject({ limit: 'timeout', ms: 60 })
})
