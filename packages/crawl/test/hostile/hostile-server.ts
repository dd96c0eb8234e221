import { createServer, type AddressInfo, type LookupFunction, type Server } from 'node:net'
import { answer, html, links, type HostileCase } from './hostile-case.ts'

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
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    let head = ''
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      socket.off('data', read).on('data', () => {})
      const path = /^\S+ (\S+)/.exec(head)?.[1] ?? ''
      const host = /\r\nhost: ([^:\r]*)/i.exec(head)?.[1] ?? ''
      if (/^[\d.]+$/.test(host)) reached.push(host)
      serve(host, path)(socket, path)
    }
    socket.on('data', read)
  })
  const serve = (host: string, path: string): HostileCase['serve'] => {
    const found = byName.get(host.replace(/\.test$/, ''))
    const missing = answer('404 Not Found')
    if (path === '/robots.txt') return found?.robots ?? missing
    return found?.serve ?? good(path, cases, port())
  }
  const port = (): number => (server.address() as AddressInfo).port
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

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
    port: port(),
    lookup,
    seed: `http://good.test:${port()}/`,
    reached,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve).unref())
    },
  }
}

function good(path: string, cases: readonly HostileCase[], port: number): HostileCase['serve'] {
  const number = Number(path.slice(1))
  if (path !== '/') return html(links(...(number < goodPages ? [`/${number + 1}`] : [])))
  return html(links(...cases.map(({ name }) => `http://${name}.test:${port}/`), '/1'))
}
