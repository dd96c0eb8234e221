import type { LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import { HttpError, HttpSession } from '../../src/index.ts'
import type { AddressTarget, ConnectOptions } from '../../src/index.ts'
import { TestServer } from '../server.ts'

const hello = (): Promise<TestServer> =>
  TestServer.http((request, response) => response.end(`hello ${request.headers.host}`))

/** A resolver that knows what it is given here; each call gives the next answer. */
function resolver(...answers: string[][]): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = []
  const lookup: LookupFunction = (hostname, options, callback) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(hostname)
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (options.all === true) callback(null, found)
    else callback(null, found[0]?.address ?? '', found[0]?.family)
  }
  return { lookup, asked }
}

async function ask(
  server: TestServer,
  connect: ConnectOptions,
  host = 'name.test',
): Promise<unknown> {
  await using session = new HttpSession({ connect })
  const { port } = new URL(server.url)
  try {
    return await (await session.get(`http://${host}:${port}/`)).text()
  } catch (error) {
    expect(session.connections).toBe(0)
    return error
  }
}

test('ConnectOptions.lookup resolves names, and is not asked for addresses', async () => {
  await using server = await hello()
  const { lookup, asked } = resolver(['127.0.0.1'])
  expect(await ask(server, { lookup })).toMatch(/^hello name.test:/)
  expect(await ask(server, { lookup }, '127.0.0.1')).toMatch(/^hello 127/)
  expect(asked).toEqual(['name.test'])
})

test('ConnectOptions.lookup: its failure is a DNS error with its cause', async () => {
  await using server = await hello()
  const cause = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  const lookup: LookupFunction = (_hostname, _options, callback) => callback(cause, [])
  const error = await ask(server, { lookup })
  expect(error).toBeInstanceOf(HttpError)
  expect(error).toMatchObject({ code: 'DNS', phase: 'connect', cause })
})

test('a name that nobody knows is a DNS error', async () => {
  await using session = new HttpSession()
  await expect(session.get('http://nowhere.invalid/')).rejects.toMatchObject({ code: 'DNS' })
})

test.each(['name.test', '127.0.0.1', '127.1', '0x7f000001', '2130706433'])(
  'ConnectOptions.allowAddress refuses %s by its address; nothing is connected',
  async (host) => {
    await using server = await hello()
    const targets: [string, AddressTarget][] = []
    const allowAddress = (address: string, target: AddressTarget): boolean => {
      targets.push([address, target])
      return false
    }
    const { lookup } = resolver(['127.0.0.1'])
    const error = await ask(server, { lookup, allowAddress }, host)
    expect(error).toBeInstanceOf(HttpError)
    expect(error).toMatchObject({ code: 'ADDRESS_REFUSED', phase: 'connect' })
    const hostname = host === 'name.test' ? host : '127.0.0.1'
    const port = Number(new URL(server.url).port)
    expect(targets).toEqual([['127.0.0.1', { hostname, port, family: 4 }]])
    expect(server.accepted).toBe(0)
  },
)

test('ConnectOptions.allowAddress is asked about IPv6 without its brackets', async () => {
  const asked: string[] = []
  const allowAddress = (address: string, { family }: AddressTarget): boolean => {
    asked.push(`${address} ${family}`)
    return false
  }
  await using session = new HttpSession({ connect: { allowAddress } })
  for (const host of ['[::1]', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]']) {
    await expect(session.get(`http://${host}:1/`)).rejects.toMatchObject({
      code: 'ADDRESS_REFUSED',
    })
  }
  expect(asked).toEqual(['::1 6', '::ffff:7f00:1 6', '64:ff9b::7f00:1 6'])
})

test('ConnectOptions.allowAddress: only the addresses that it allows are connected to', async () => {
  await using server = await hello()
  const { lookup } = resolver(['127.0.0.2', '127.0.0.3', '127.0.0.1'])
  const allowAddress = (address: string): boolean => address === '127.0.0.1'
  expect(await ask(server, { lookup, allowAddress })).toMatch(/^hello/)
})

test('ConnectOptions.allowAddress: a name is resolved once for a connection', async () => {
  await using server = await hello()
  const { lookup, asked } = resolver(['127.0.0.1'], ['127.0.0.9'])
  const seen: string[] = []
  const allowAddress = (address: string): boolean => seen.push(address) > 0
  expect(await ask(server, { lookup, allowAddress })).toMatch(/^hello/)
  expect(asked).toHaveLength(1)
  expect(seen).toEqual(['127.0.0.1'])
})

test('ConnectOptions.allowAddress: what it throws is the cause', async () => {
  await using server = await hello()
  const allowAddress = (): boolean => {
    throw new RangeError('not this one')
  }
  const { lookup } = resolver(['127.0.0.1'])
  for (const host of ['name.test', '127.0.0.1']) {
    const error = await ask(server, { lookup, allowAddress }, host)
    expect(error).toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(((error as Error).cause as Error).cause).toBeInstanceOf(RangeError)
  }
})

test('ConnectOptions.allowAddress is asked on each hop of a redirect', async () => {
  await using inside = await hello()
  await using outside = await TestServer.http((_request, response) => {
    response.writeHead(302, { location: inside.url }).end()
  })
  const port = Number(new URL(inside.url).port)
  const allowAddress = (_address: string, target: AddressTarget): boolean => target.port !== port
  await using session = new HttpSession({ connect: { allowAddress }, redirect: 'follow' })
  await expect(session.get(outside.url)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
  expect(inside.accepted).toBe(0)
})

test('a host without addresses is an error', async () => {
  await using server = await hello()
  const { lookup } = resolver([])
  expect(await ask(server, { lookup })).toBeInstanceOf(HttpError)
  expect(await ask(server, { lookup, allowAddress: () => true })).toMatchObject({
    code: 'ADDRESS_REFUSED',
  })
})

test('the next address is tried when one takes no connection', async () => {
  await using server = await hello()
  const { lookup } = resolver(['127.0.0.2', '127.0.0.1'])
  expect(await ask(server, { lookup })).toMatch(/^hello/)
})

test('lookup and allowAddress run in the context of the session, not of who asks first', async () => {
  const { TaskLocal } = await import('corral')
  const name = new TaskLocal('nobody')
  const seen: string[] = []
  await using server = await hello()
  const { lookup } = resolver(['127.0.0.1'])
  const session = name.run(
    'owner',
    () =>
      new HttpSession({
        connect: {
          lookup: (...call) => {
            seen.push(name.get())
            lookup(...call)
          },
          allowAddress: () => seen.push(name.get()) > 0,
        },
      }),
  )
  const { port } = new URL(server.url)
  await name.run('asker', async () => (await session.get(`http://name.test:${port}/`)).text())
  await session.close()
  expect(seen).toEqual(['owner', 'owner'])
})
