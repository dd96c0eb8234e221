import {
  createServer,
  type AddressInfo,
  type LookupFunction,
  type Server,
  type Socket,
} from 'node:net'
import { answer, html, links, type HostileCase, type Serve } from './hostile-case.ts'

export interface HostileServer extends AsyncDisposable {
  readonly port: number
  readonly lookup: LookupFunction
  /** Where a crawl of all of them begins. */
  readonly seed: string
  /** Requests for hosts that nobody may reach. */
  readonly reached: string[]
}

/** Pages that are as they should be, between the others. */
export const goodPages: number = 30

/** Serves every case on a host of its own, and a good one that links to all of them. */
export async function serveHostile(cases: readonly HostileCase[]): Promise<HostileServer> {
  const byName = new Map(cases.map((each) => [each.name, each]))
  const reached: string[] = []
  const server = serverOf((host, path) => {
    if (/^[\d.]+$/.test(host)) reached.push(host)
    const found = byName.get(host.replace(/\.test$/, ''))
    return found === undefined ? good(path, cases, portOf(server)) : serveOf(found, path)
  })
  await listening(server)

  const asked = new Map<string, number>()
  const lookup: LookupFunction = (name, options, callback) => {
    const times = (asked.get(name) ?? 0) + 1
    asked.set(name, times)
    const address = byName.get(name.replace(/\.test$/, ''))?.address?.(times) ?? '127.0.0.1'
    setImmediate(() => {
      if (address instanceof Error) callback(address, [])
      else if (options.all === true) callback(null, [{ address, family: 4 }])
      else callback(null, address, 4)
    })
  }
  return {
    port: portOf(server),
    lookup,
    seed: `http://good.test:${portOf(server)}/`,
    reached,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve).unref())
    },
  }
}

/** Serves one case on a port of its own, whatever name it is asked by. */
export async function serveHostileCase(
  one: HostileCase,
): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>()
  const server = serverOf((_, path) => serveOf(one, path))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await listening(server)
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A server that writes whatever it likes for a host and a path. */
function serverOf(find: (host: string, path: string) => Serve): Server {
  return createServer((socket) => {
    socket.on('error', () => {})
    let head = ''
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      socket.off('data', read).on('data', () => {})
      const path = /^\S+ (\S+)/.exec(head)?.[1] ?? ''
      const host = /\r\nhost: ([^:\r]*)/i.exec(head)?.[1] ?? ''
      find(host, path)(socket, path)
    }
    socket.on('data', read)
  })
}

const listening = (server: Server): Promise<void> =>
  new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve))

const portOf = (server: Server): number => (server.address() as AddressInfo).port

function serveOf({ serve, robots }: HostileCase, path: string): Serve {
  return path === '/robots.txt' ? (robots ?? answer('404 Not Found')) : serve
}

function good(path: string, cases: readonly HostileCase[], port: number): Serve {
  if (path === '/robots.txt') return answer('404 Not Found')
  const number = Number(path.slice(1))
  if (path !== '/') return html(links(...(number < goodPages ? [`/${number + 1}`] : [])))
  return html(links(...cases.map(({ name }) => `http://${name}.test:${port}/`), '/1'))
}
