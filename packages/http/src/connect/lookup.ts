import { lookup as systemLookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { AddressRefused } from '../errors.ts'
import type { ConnectOptions } from './connect-options.ts'

/**
 * The lookup that sockets are given: resolves the name once, keeps the addresses that are allowed, and
 * the socket connects to those and no others. So a name that resolves differently the next time
 * (rebinding) does not get past the guard.
 */
export function guardedLookup(options: ConnectOptions, port: number): LookupFunction {
  const { allowAddress } = options
  const lookup = options.lookup ?? systemLookup
  if (allowAddress === undefined) return lookup
  return (hostname, how, callback) => {
    lookup(hostname, { ...how, all: true }, (error, result, family) => {
      if (error) {
        callback(error, [])
        return
      }
      const addresses: LookupAddress[] = Array.isArray(result)
        ? result
        : [{ address: result, family: family ?? isIP(result) }]
      let allowed: LookupAddress[]
      try {
        allowed = addresses.filter((each) =>
          allowAddress(each.address, { hostname, port, family: each.family === 6 ? 6 : 4 }),
        )
        if (allowed.length === 0) throw refused(hostname, addresses)
      } catch (refusal) {
        callback(asRefusal(refusal, hostname), [])
        return
      }
      const [first] = allowed as [LookupAddress, ...LookupAddress[]]
      if (how.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

/**
 * Asks the guard about a host that is an address: sockets do not look those up. Behind a proxy nobody here looks up anything,
 * but what `localhost` would lead to is known.
 */
export function checkLiteral(
  { allowAddress }: ConnectOptions,
  hostname: string,
  port: number,
  hasProxy: boolean,
): void {
  const address = hasProxy && /^(.+\.)?localhost\.?$/.test(hostname) ? '127.0.0.1' : hostname
  const family = isIP(address)
  if (family === 0 || allowAddress === undefined) return
  let allowed: boolean
  try {
    allowed = allowAddress(address, { hostname, port, family: family === 6 ? 6 : 4 })
  } catch (refusal) {
    throw asRefusal(refusal, hostname)
  }
  if (!allowed) throw refused(hostname, [{ address, family }])
}

function refused(hostname: string, addresses: LookupAddress[]): AddressRefused {
  const list = addresses.map(({ address }) => address).join(', ')
  return new AddressRefused(`no address of ${hostname} is allowed: ${list || 'it has none'}`)
}

function asRefusal(error: unknown, hostname: string): AddressRefused {
  if (error instanceof AddressRefused) return error
  return new AddressRefused(`the address of ${hostname} was refused`, { cause: error })
}
