import { CancelScope, moveOnAfter, sleep, taskGroup } from 'corral'
import { expect, test } from 'vitest'
import { HttpError } from '../../src/index.ts'
import type { HttpSession, HttpSessionOptions } from '../../src/index.ts'
import { H2Server, openSession, startFrames } from './h2-server.ts'
import type { Answering } from './h2-server.ts'

/** What comes of a request that is answered so. */
async function ask(
  onRequest: (answer: Answering, count: number) => void,
  options: HttpSessionOptions & { readonly method?: string } = {},
): Promise<{ readonly result: unknown; readonly asked: number; readonly accepted: number }> {
  let asked = 0
  await using server = await startFrames((answer) => onRequest(answer, ++asked))
  const { method = 'GET', ...rest } = options
  await using session = openSession({ headersTimeout: 5000, bodyTimeout: 5000, ...rest })
  try {
    const response = await session.request(server.url, { method })
    return { result: await response.text(), asked, accepted: server.accepted }
  } catch (error) {
    return { result: error, asked, accepted: server.accepted }
  }
}

const whole = (answer: Answering): void => {
  answer.head()
  answer.data('all', true)
}

test.each<[what: string, answer: (answer: Answering) => void, code: string, phase: string]>([
  ['INTERNAL_ERROR before the head', ({ reset }) => reset(2), 'RESET', 'headers'],
  ['NO_ERROR before the head', ({ reset }) => reset(0), 'RESET', 'headers'],
  ['CANCEL before the head', ({ reset }) => reset(8), 'RESET', 'headers'],
  ['PROTOCOL_ERROR before the head', ({ reset }) => reset(1), 'PROTOCOL', 'headers'],
  ['INTERNAL_ERROR in the body', (to) => (to.head(), to.data('ha'), to.reset(2)), 'RESET', 'body'],
  ['CANCEL in the body', (to) => (to.head(), to.data('ha'), to.reset(8)), 'RESET', 'body'],
  ['ENHANCE_YOUR_CALM in the body', (to) => (to.head(), to.reset(11)), 'RESET', 'body'],
  [
    'headers that cannot be read',
    ({ raw }) => raw(1, 4, Buffer.alloc(5, 255)),
    'PROTOCOL',
    'headers',
  ],
  [
    'no HTTP/2 at all',
    ({ socket }) => socket.write('HTTP/1.1 400 No\r\n\r\n'),
    'PROTOCOL',
    'headers',
  ],
  ['a socket that breaks', ({ socket }) => socket.destroy(), 'RESET', 'headers'],
  [
    'a socket that ends in the body',
    (to) => (to.head(), to.data('ha'), to.socket.end()),
    'RESET',
    'body',
  ],
  [
    'a GOAWAY for an error',
    (to) => (to.head(), to.data('ha'), to.goAway(to.id, 2)),
    'RESET',
    'body',
  ],
  [
    'a length that is not true',
    (to) => (to.raw(1, 4, Buffer.from([0x88, 0x0f, 0x0d, 1, 0x39])), to.data('ha', true)),
    'PROTOCOL',
    'body',
  ],
  [
    'a length that is not true, and NO_ERROR',
    (to) => (to.raw(1, 4, Buffer.from([0x88, 0x0f, 0x0d, 1, 0x39])), to.data('ha'), to.reset(0)),
    'RESET',
    'body',
  ],
])('a stream that ends with %s is an HttpError', async (_what, answer, code, phase) => {
  const { result, asked } = await ask(answer)
  expect(result).toBeInstanceOf(HttpError)
  expect(result).toMatchObject({ code, phase })
  expect(asked).toBe(1)
})

test.each<[what: string, refuse: (answer: Answering) => void, accepted: number]>([
  ['REFUSED_STREAM', ({ reset }) => reset(7), 1],
  ['GOAWAY before it was looked at', ({ goAway }) => goAway(0, 0), 2],
  ['GOAWAY for an error before it was looked at', ({ goAway }) => goAway(0, 11), 2],
])(
  'a request that a server turns away by %s is sent again, a POST too',
  async (_what, refuse, accepted) => {
    for (const method of ['GET', 'POST']) {
      const answer = (to: Answering, count: number): void => (count === 1 ? refuse(to) : whole(to))
      expect(await ask(answer, { method })).toEqual({ result: 'all', asked: 2, accepted })
    }
  },
)

test('a server that refuses for ever is asked four times', async () => {
  const { result, asked } = await ask(({ reset }) => reset(7))
  expect(result).toMatchObject({ code: 'RESET', phase: 'headers' })
  expect(asked).toBe(4)
})

test('GOAWAY lets what the server has looked at come to its end, and the next request goes elsewhere', async () => {
  await using server = await startFrames((answer) => {
    answer.head()
    answer.data('ha')
    answer.goAway(answer.id, 0)
    setTimeout(() => answer.data('lf', true), 20)
  })
  await using session = openSession()
  await using first = await session.get(server.url)
  expect(await (await session.get(server.url)).text()).toBe('half')
  expect(await first.text()).toBe('half')
  expect(server.accepted).toBe(2)
  await server.until(() => server.sockets.size === 0)
  expect(session.connections).toBe(0)
})

test('a server that wants HTTP/1.1 for something gets it', async () => {
  await using server = await H2Server.start((stream) => stream.close(13))
  await using session = openSession()
  for (let n = 0; n < 2; n++) {
    await using response = await session.get(server.url)
    expect(response.protocol).toBe('http/1.1')
    expect(await response.text()).toBe('by HTTP/1.1')
  }
  expect(server.codes).toEqual([13])
})

test('a GET to which a kept connection breaks is sent again, a POST is not', async () => {
  let asked = 0
  await using server = await startFrames((answer) => {
    if (++asked % 2 === 1) whole(answer)
    else answer.socket.destroy()
  })
  await using session = openSession()
  const text = async (method: string): Promise<string> =>
    await (await session.request(server.url, { method })).text()
  expect([await text('GET'), await text('GET')]).toEqual(['all', 'all'])
  await expect(text('POST')).rejects.toMatchObject({ code: 'RESET' })
})

test('several headers of one name stay several, and bytes are bytes', async () => {
  const field = (name: string, value: string): number[] =>
    [0, name.length, ...Buffer.from(name), Buffer.byteLength(value), ...Buffer.from(value)].flat()
  await using server = await startFrames(({ raw }) =>
    raw(1, 5, Uint8Array.from([0x88, ...field('location', '/é'), ...field('location', '/b')])),
  )
  await using session = openSession()
  await using response = await session.get(server.url)
  // As ever: a character is a byte.
  expect(response.headers.getAll('location')).toEqual(['/Ã©', '/b'])
})

test('more headers than are wanted are TOO_LARGE', async () => {
  await using server = await H2Server.start((stream) => {
    stream.respond({ ':status': 200, 'x-much': 'y'.repeat(12_000) })
    stream.end()
  })
  await using session = openSession({ maxHeaderBytes: 10_000 })
  await expect(session.get(server.url)).rejects.toMatchObject({ code: 'TOO_LARGE' })
  await using patient = openSession({ maxHeaderBytes: 20_000 })
  expect((await patient.get(server.url)).headers.get('x-much')).toHaveLength(12_000)
})

test.each<[phase: string, act: (session: HttpSession, url: string) => Promise<unknown>]>([
  ['headers', (session, url) => session.get(url)],
  ['body', async (session, url) => await (await session.get(url)).text()],
])(
  'cancelled while it waits for the %s, a request resets its stream and no other',
  async (path, act) => {
    await using server = await H2Server.start((stream, { ':path': asked }) => {
      if (asked === '/headers') return
      stream.respond({ ':status': 200 })
      if (asked === '/') stream.end('ok')
      else stream.write('beginning')
    })
    await using session = openSession()
    await (await session.get(server.url)).text()
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      const task = group.spawn(() => scope.run(() => act(session, server.url + path)))
      await server.until(() => server.open === 1)
      await sleep(20)
      scope.cancel()
      await task
    })
    expect(scope.cancelledCaught).toBe(true)
    await server.until(() => server.open === 0)
    expect(server.codes.at(-1)).toBe(8)
    expect(await (await session.get(server.url)).text()).toBe('ok')
    expect(server.accepted).toBe(1)
  },
)

test('a response that is closed early resets its stream and no other', async () => {
  await using server = await H2Server.start((stream) => {
    stream.respond({ ':status': 200 })
    stream.write('beginning')
  })
  await using session = openSession()
  for (let n = 1; n <= 3; n++) {
    const response = await session.get(server.url)
    await response.close()
    await server.until(() => server.codes.length === n)
  }
  expect(server.codes).toEqual([8, 8, 8])
  expect(server.accepted).toBe(1)
})

test('a connection on which nothing comes any more is not trusted with the next request', async () => {
  let asked = 0
  await using server = await startFrames((answer) => {
    if (++asked !== 2) whole(answer)
  })
  await using session = openSession({ headersTimeout: 1200 })
  await (await session.get(server.url)).text()
  await expect(session.get(server.url)).rejects.toMatchObject({ phase: 'headers' })
  expect(await (await session.get(server.url)).text()).toBe('all')
  expect(server.accepted).toBe(2)
})

test('a timeout in the body leaves those beside it alone', async () => {
  await using server = await H2Server.start((stream, { ':path': path }) => {
    stream.respond({ ':status': 200 })
    stream.write('slow ')
    if (path !== '/stuck') setTimeout(() => stream.end('but sure'), 300)
  })
  await using session = openSession()
  await using beside = await session.get(server.url)
  await using stuck = await session.get(`${server.url}stuck`, { bodyTimeout: 50 })
  await expect(stuck.text()).rejects.toMatchObject({ limit: 'bodyTimeout' })
  expect(await beside.text()).toBe('slow but sure')
})

test('a server that answers before it has read the request is done with', async () => {
  await using server = await H2Server.start((stream) => {
    stream.respond({ ':status': 413 })
    stream.end('enough')
  })
  await using session = openSession()
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield Buffer.alloc(1000)
      await sleep(5)
    }
  }
  const { timedOut } = await moveOnAfter(5000, async () => {
    await using response = await session.request(server.url, { method: 'POST', body: endless() })
    expect(await response.text()).toBe('enough')
  })
  expect(timedOut).toBe(false)
  await server.until(() => server.open === 0)
})
