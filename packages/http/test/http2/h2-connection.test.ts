import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mapConcurrent, moveOnAfter, sleep, taskGroup } from 'corral'
import { expect, test } from 'vitest'
import { H2Server, openSession } from './h2-server.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('requests to a host that speaks HTTP/2 share one connection', async () => {
  await using server = await H2Server.start((stream, headers) => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain' })
    stream.end(`this is ${headers[':path']}`)
  })
  await using session = openSession()
  const texts = await mapConcurrent(
    numbers(200),
    async (n) => {
      await using response = await session.get(`${server.url}${n}?x=1`)
      expect(response).toMatchObject({ status: 200, protocol: 'h2', remoteAddress: '127.0.0.1' })
      return await response.text()
    },
    { concurrency: 50 },
  )
  expect(texts).toEqual(numbers(200).map((n) => `this is /${n}?x=1`))
  expect(server.accepted).toBe(1)
  expect(session.connections).toBe(1)
})

test('a thousand requests at a time take as many connections as the server wants them to', async () => {
  const sent: (() => void)[] = []
  await using server = await H2Server.start(
    (stream) => {
      sent.push(() => {
        stream.respond({ ':status': 200 })
        stream.end('x'.repeat(1000))
      })
    },
    { maxConcurrentStreams: 250 },
  )
  await using session = openSession({ limit: 1000 })
  await taskGroup(async (group) => {
    const asked = numbers(1000).map(() =>
      group.spawn(async () => (await (await session.get(server.url)).text()).length),
    )
    await server.until(() => sent.length === 1000)
    for (const answer of sent) answer()
    for (const task of asked) expect(await task).toBe(1000)
  })
  expect(server.mostOpen).toBe(1000)
  // Of the first one the limit is not known yet.
  expect(server.accepted).toBeGreaterThanOrEqual(4)
  expect(server.accepted).toBeLessThanOrEqual(10)
})

test('limitPerHost is what it was: so many requests at a time, however many streams there are', async () => {
  await using server = await H2Server.start((stream) => {
    stream.respond({ ':status': 200 })
    setTimeout(() => stream.end('ok'), 2)
  })
  await using session = openSession({ limitPerHost: 3 })
  await mapConcurrent(numbers(60), async () => await (await session.get(server.url)).text(), {
    concurrency: 60,
  })
  expect(server.mostOpen).toBe(3)
})

test('a host that speaks HTTP/1.1 alone is asked as ever', async () => {
  await using server = await H2Server.start(() => {})
  await using plain = openSession({ http2: false })
  await using response = await plain.get(server.url)
  expect(response.protocol).toBe('http/1.1')
  expect(await response.text()).toBe('by HTTP/1.1')
})

test('a reader who is slow holds up nobody else on the same connection', async () => {
  await using server = await H2Server.start((stream, { ':path': path }) => {
    stream.respond({ ':status': 200 })
    stream.end(path === '/large' ? Buffer.alloc(20 * 2 ** 20) : 'small')
  })
  await using session = openSession()
  await using large = await session.get(`${server.url}large`)
  const reading = large.body[Symbol.asyncIterator]()
  const first = await reading.next()
  let bytes = first.done === true ? 0 : first.value.length
  for (let n = 0; n < 20; n++) expect(await (await session.get(server.url)).text()).toBe('small')
  for (let next = await reading.next(); next.done !== true; next = await reading.next()) {
    bytes += next.value.length
  }
  expect(bytes).toBe(20 * 2 ** 20)
  expect(server.accepted).toBe(1)
})

test('what a request sends arrives: a text, JSON, a stream, headers as HTTP/2 wants them', async () => {
  await using server = await H2Server.start(async (stream, headers) => {
    let body = ''
    for await (const chunk of stream) body += String(chunk)
    stream.respond({ ':status': 201 })
    const { ':method': method, ':authority': host, connection, 'x-mine': mine } = headers
    stream.end(JSON.stringify({ method, host, connection, mine, body }))
  })
  await using session = openSession()
  const { host } = new URL(server.url)
  const ask = async (body: string | AsyncIterable<Uint8Array>): Promise<unknown> => {
    const headers = { 'X-Mine': 'yes', connection: 'close' }
    await using response = await session.request(server.url, { method: 'POST', body, headers })
    expect(response.requestHeaders).toMatchObject({ host, 'x-mine': 'yes' })
    expect(response.requestHeaders).not.toHaveProperty('connection')
    return await response.json()
  }
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one ')
    await sleep(5)
    yield Buffer.from('two')
  }
  const asked = { method: 'POST', host, mine: 'yes' }
  expect(await ask('all of it')).toEqual({ ...asked, body: 'all of it' })
  expect(await ask(pieces())).toEqual({ ...asked, body: 'one two' })
})

test('a connection that has nothing to do closes when its time is over', async () => {
  await using server = await H2Server.start((stream) => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  await using session = openSession({ keepAlive: 50 })
  await (await session.get(server.url)).text()
  expect(session.connections).toBe(1)
  await server.until(() => server.sockets.size === 0)
  await using once = openSession({ keepAlive: 0 })
  await (await once.get(server.url)).text()
  await server.until(() => server.sockets.size === 0)
})

test('a connection that has nothing to do makes room for one to another host', async () => {
  const answer = (stream: Parameters<Parameters<typeof H2Server.start>[0]>[0]): void => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  }
  await using first = await H2Server.start(answer)
  await using second = await H2Server.start(answer)
  await using session = openSession({ limit: 1 })
  await (await session.get(first.url)).text()
  await (await session.get(second.url)).text()
  await first.until(() => first.sockets.size === 0)
  expect(second.sockets.size).toBe(1)
})

test('closing the session ends what is under way', async () => {
  await using server = await H2Server.start(() => {})
  const session = openSession()
  await taskGroup(async (group) => {
    const asked = numbers(5).map(() =>
      group.spawn(async () => await session.get(server.url).catch((error: Error) => error.name)),
    )
    await server.until(() => server.open === 5)
    await session.close()
    for (const task of asked) expect(await task).toBe('ClosedError')
  })
  expect(session.connections).toBe(0)
  await server.until(() => server.sockets.size === 0)
})

test('HTTP/2 is spoken through a tunnel, too', async () => {
  await using server = await H2Server.start((stream) => {
    stream.respond({ ':status': 200 })
    stream.end('through')
  })
  const { port } = new URL(server.url)
  const proxy = createServer().on('connect', (_request, client) => {
    const upstream = connect(Number(port), '127.0.0.1', () =>
      client.write('HTTP/1.1 200 OK\r\n\r\n'),
    )
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve))
  try {
    const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    await using session = openSession({
      connect: { proxy: at, tls: { rejectUnauthorized: false } },
    })
    await using response = await session.get(server.url)
    expect(response.protocol).toBe('h2')
    expect(await response.text()).toBe('through')
  } finally {
    proxy.close()
  }
})

test('who cannot wait for another to connect connects by himself', async () => {
  await using server = await H2Server.start((stream) => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  await using session = openSession()
  // The first to come is cancelled while it connects: the others do not go with it.
  const asked = await taskGroup(async (group) => {
    group.spawn(async () => await moveOnAfter(0, () => session.get(server.url)))
    return numbers(5).map(() =>
      group.spawn(async () => await (await session.get(server.url)).text()),
    )
  })
  for (const task of asked ?? []) expect(await task).toBe('ok')
})
