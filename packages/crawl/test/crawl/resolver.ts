import type { LookupFunction } from 'node:net'

/** Addresses of names, or what says them each time anew. */
export type Names = Readonly<Record<string, string | ((times: number) => string)>>

/** A resolver that knows the names of a test, and counts how often each is asked for. Others do not exist. */
export function resolver(names: Names): { lookup: LookupFunction; asked: Map<string, number> } {
  const asked = new Map<string, number>()
  const lookup: LookupFunction = (hostname, options, callback) => {
    const times = (asked.get(hostname) ?? 0) + 1
    asked.set(hostname, times)
    const entry = names[hostname] ?? names['*']
    const address = typeof entry === 'function' ? entry(times) : entry
    const family = address?.includes(':') === true ? 6 : 4
    setImmediate(() => {
      if (address === undefined) {
        const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
          code: 'ENOTFOUND',
          syscall: 'getaddrinfo',
        })
        callback(error, [])
      } else if (options.all === true) {
        callback(null, [{ address, family }])
      } else {
        callback(null, address, family)
      }
    })
  }
  return { lookup, asked }
}
