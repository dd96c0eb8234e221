import type { Transport } from '../transport/transport.ts'

const GRPC_UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000001,
}

/** Compares lengths first: of the headers that browsers send, only `content-type` is as long as one of these. */
function isTimeout(name: string): boolean {
  return (name.length === 18 || name.length === 12) && /timeout/i.test(name)
}

/**
 * How long the client will wait, in milliseconds: the shortest of `request-timeout-ms`, `connect-timeout-ms` and
 * `grpc-timeout`. Relative, since clocks differ. Malformed values are ignored.
 */
export function clientTimeout(transport: Transport): number {
  const { rawHeaders } = transport
  // Most clients send none, and Node parses headers on first use.
  if (rawHeaders !== undefined && !rawHeaders.some(isTimeout)) return Infinity
  const { headers } = transport
  let least = Infinity
  for (const name of ['request-timeout-ms', 'connect-timeout-ms']) {
    const value = headers[name]
    if (typeof value === 'string' && /^\d{1,10}$/.test(value)) {
      least = Math.min(least, Number(value))
    }
  }
  const grpc = headers['grpc-timeout']
  if (typeof grpc === 'string') {
    const [, amount, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(grpc) ?? []
    if (amount !== undefined) least = Math.min(least, Number(amount) * (GRPC_UNITS[unit] ?? 1))
  }
  return least
}
