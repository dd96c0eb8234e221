import { MisuseError } from 'corral'

export interface StoreAddress {
  /** For connecting. */
  readonly url: string
  /** For people: without user, password and options. */
  readonly shown: string
  readonly schema: string
}

/** Milliseconds after which the server ends a transaction whose program is silent: a machine that lost its network, say. */
const silence = 5000

/**
 * Where a store is: the URL of a database, with `?schema=name` for another schema than `crawl`.
 *
 * @throws MisuseError for a schema that is no name
 */
export function addressOf(store: string): StoreAddress {
  const url = URL.parse(store)
  if (url === null) {
    throw new MisuseError(
      'openStore: store must be a file, or a URL such as postgres://user:password@host/name',
    )
  }
  const schema = url.searchParams.get('schema') ?? 'crawl'
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new MisuseError(
      `openStore: schema must be a name of small letters, digits and _, got ${JSON.stringify(schema)}`,
    )
  }
  url.searchParams.delete('schema')
  const given = url.searchParams.get('options') ?? ''
  const own = `-c search_path=${schema} -c idle_in_transaction_session_timeout=${silence}`
  url.searchParams.set('options', `${given} ${own}`.trim())
  // What reads it there takes a plus for a plus.
  url.search = url.search.replaceAll('+', '%20')
  const { protocol, host, pathname } = url
  return { url: url.href, shown: `${protocol}//${host}${pathname}`, schema }
}
