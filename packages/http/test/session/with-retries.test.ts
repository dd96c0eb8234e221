import { CancelScope, fixed, RetryBudget } from 'corral'
import { expect, test } from 'vitest'
import { HttpSession, HttpStatusError, HttpTimeoutError } from '../../src/index.ts'
import type { RequestOptions } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'

const quick = { attempts: 5, backoff: fixed(1) }

/** Answers each request with the next status, and the last one for ever. */
function statuses(...list: number[]): Promise<TestServer & { asked?: number }> {
  let next = 0
  return TestServer.http((_request, response) => {
    const status = list[Math.min(next++, list.length - 1)] as number
    response.writeHead(status, { 'x-try': String(next) }).end(`answer ${next}`)
  })
}

test('a request is sent once when nothing is said of retries', async () => {
  await using server = await statuses(503, 200)
  await using session = new HttpSession()
  expect((await session.get(server.url)).status).toBe(503)
})

test.each([408, 425, 429, 500, 502, 503, 504])('a %i is tried again', async (status) => {
  await using server = await statuses(status, status, 200)
  await using session = new HttpSession({ retry: quick })
  const response = await session.get(server.url)
  expect(response.status).toBe(200)
  expect(await response.text()).toBe('answer 3')
  expect(server.accepted).toBe(1)
})

test.each([400, 401, 403, 404, 410, 501, 505])('a %i is an answer', async (status) => {
  await using server = await statuses(status, 200)
  await using session = new HttpSession({ retry: quick })
  expect((await session.get(server.url)).status).toBe(status)
})

test('when no attempt is left the last response is the result, its body to be read', async () => {
  await using server = await statuses(503)
  await using session = new HttpSession({ retry: { ...quick, attempts: 3 } })
  const response = await session.get(server.url)
  expect(response.status).toBe(503)
  expect(await response.text()).toBe('answer 3')
})

test('a connection that breaks is tried again', async () => {
  let broken = 0
  await using server = await TestServer.tcp((socket) => {
    socket.on('data', () => {
      if (broken++ < 2) socket.resetAndDestroy()
      else socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 2', 'ok'))
    })
  })
  await using session = new HttpSession({ retry: quick })
  expect(await (await session.get(server.url)).text()).toBe('ok')
  expect(server.accepted).toBe(3)
})

test('a host that takes no connection is tried again, whatever the method', async () => {
  const seen: unknown[] = []
  await using session = new HttpSession({
    retry: { ...quick, attempts: 3, onRetry: (error) => void seen.push(error) },
  })
  const work = session.request('http://127.0.0.1:1/', { method: 'POST', body: 'x' })
  await expect(work).rejects.toMatchObject({ code: 'CONNECT' })
  expect(seen).toHaveLength(2)
})

test.each<[string, RequestOptions]>([
  ['a POST', { method: 'POST', body: 'x' }],
  ['a PATCH', { method: 'PATCH', body: 'x' }],
  ['a stream', { method: 'PUT', body: [Buffer.from('x')].values() }],
])('%s that went out is not sent again', async (_what, options) => {
  await using server = await statuses(503, 200)
  await using session = new HttpSession({ retry: quick })
  expect((await session.request(server.url, options)).status).toBe(503)
})

test('a PUT is', async () => {
  await using server = await statuses(503, 200)
  await using session = new HttpSession({ retry: quick })
  expect((await session.request(server.url, { method: 'PUT', body: 'x' })).status).toBe(200)
})

test('a timeout is tried again, each attempt with its own time', async () => {
  let asked = 0
  await using server = await TestServer.http((_request, response) => {
    if (++asked === 3) response.end('at last')
  })
  await using session = new HttpSession({ retry: quick, timeout: 40 })
  expect(await (await session.get(server.url)).text()).toBe('at last')
})

test('a name that does not exist is not asked for again', async () => {
  let asked = 0
  const lookup = (_name: string, _options: object, callback: (error: Error) => void): void => {
    asked += 1
    callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
  }
  await using session = new HttpSession({ retry: quick, connect: { lookup: lookup as never } })
  await expect(session.get('http://name.test/')).rejects.toMatchObject({ code: 'DNS' })
  expect(asked).toBe(1)
})

test('a Retry-After is obeyed', async () => {
  const delays: number[] = []
  let asked = 0
  await using server = await TestServer.http((_request, response) => {
    asked += 1
    if (asked === 1) response.writeHead(429, { 'retry-after': '0' })
    response.end('x')
  })
  const onRetry = (error: unknown, _attempt: number, delay: number): void => {
    expect(error).toBeInstanceOf(HttpStatusError)
    expect(error).toMatchObject({ status: 429, retryAfter: 0, code: 'STATUS' })
    delays.push(delay)
  }
  await using session = new HttpSession({ retry: { backoff: fixed(60_000), onRetry } })
  expect((await session.get(server.url)).status).toBe(200)
  expect(delays).toEqual([0])
})

test('a Retry-After of more than a minute is left to the caller', async () => {
  await using server = await TestServer.http((_request, response) => {
    response.writeHead(503, { 'retry-after': '3600' }).end()
  })
  await using session = new HttpSession({ retry: quick })
  expect((await session.get(server.url)).headers.get('retry-after')).toBe('3600')
})

test('shouldRetry decides, but never against what is harmless', async () => {
  const seen: unknown[] = []
  const shouldRetry = (error: unknown): boolean => {
    seen.push(error)
    return true
  }
  await using server = await statuses(503, 200)
  await using session = new HttpSession({ retry: { ...quick, shouldRetry } })
  expect((await session.request(server.url, { method: 'POST', body: 'x' })).status).toBe(503)
  expect(seen).toEqual([])
  expect(
    (await session.get(server.url, { retry: { ...quick, shouldRetry: () => false } })).status,
  ).toBe(200)
})

test('a request may have retries of its own', async () => {
  await using server = await statuses(503)
  await using session = new HttpSession({ retry: quick })
  const response = await session.get(server.url, { retry: { attempts: 1 } })
  expect(response.headers.get('x-try')).toBe('1')
})

test('a budget that is used up makes a failure final', async () => {
  await using server = await statuses(503)
  await using session = new HttpSession({
    retry: { ...quick, budget: new RetryBudget({ max: 2 }) },
  })
  expect((await session.get(server.url)).headers.get('x-try')).toBe('3')
  expect((await session.get(server.url)).headers.get('x-try')).toBe('4')
})

test('the delay is cancelled, and leaves nothing open', async () => {
  await using server = await statuses(503)
  await using session = new HttpSession({ retry: { backoff: fixed(60_000) } })
  const scope = new CancelScope()
  const work = scope.run(() =>
    session.get(server.url, {
      retry: { backoff: fixed(60_000), onRetry: () => scope.cancel() },
    }),
  )
  await work
  expect(scope.cancelledCaught).toBe(true)
  await session.close()
  await server.until(() => server.sockets.size === 0)
})

test('a function of the options that throws closes the response', async () => {
  await using server = await TestServer.http((_request, response) => {
    response.writeHead(503).write('never ends')
  })
  await using session = new HttpSession()
  const shouldRetry = (): boolean => {
    throw new TypeError('mistaken')
  }
  await expect(session.get(server.url, { retry: { shouldRetry } })).rejects.toThrow(TypeError)
  expect(session.connections).toBe(0)
})

test('a timeout in line is not tried again', async () => {
  await using server = await TestServer.http(() => {})
  await using session = new HttpSession({ limit: 1 })
  const first = session.get(server.url).catch((error: unknown) => error)
  await server.until(() => server.accepted === 1)
  const error = await session
    .get(server.url, { timeout: 20, retry: quick })
    .catch((error: unknown) => error)
  expect(error).toBeInstanceOf(HttpTimeoutError)
  await session.close()
  await first
})

test('a response that is given up gives its place to the next attempt', async () => {
  let asked = 0
  await using server = await TestServer.http((_request, response) => {
    asked += 1
    if (asked === 1) response.writeHead(503).write('x'.repeat(200_000)) // and no end
    else response.end('at last')
  })
  await using session = new HttpSession({ limit: 1, retry: quick })
  expect(await (await session.get(server.url)).text()).toBe('at last')
  expect(asked).toBe(2)
}, 5000)
