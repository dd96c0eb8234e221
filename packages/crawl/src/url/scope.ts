import { GenerationCache } from './generation-cache.ts'
import { hostOf, originOf } from './origin.ts'
import { registrableDomain } from './registrable-domain.ts'

/** Why a URL is not followed; `depth` only when there is no other reason. */
export type OutOfScope = 'host' | 'domain' | 'prefix' | 'exclude' | 'include' | 'depth'

export interface ScopeOptions {
  /**
   * Which URLs belong to the crawl: on the host (and port) of a seed, on any host of the domain that somebody registered
   * (`example.co.uk`), under the directory of a seed, or anywhere.
   * @default 'host'
   */
  readonly within?: 'host' | 'domain' | 'prefix' | 'anywhere'
  /** At least one of these must match the URL. */
  readonly include?: readonly RegExp[]
  /** None of these may match the URL. */
  readonly exclude?: readonly RegExp[]
  /** Links followed from a seed at most. */
  readonly maxDepth?: number
}

/** Says why a normalised URL is not to be followed; `undefined` when it is. */
export interface Scope {
  (url: string, depth: number): OutOfScope | undefined
  /** Takes a URL that a seed redirects to as if it were one itself. */
  admit(url: string, from: string): void
}

/**
 * Makes the decision which links a crawl follows. Seeds themselves are always in scope, whatever the patterns say.
 *
 * @param seeds normalised URLs
 * @example
 * const scope = createScope(['http://a.test/docs/'], { within: 'prefix', exclude: [/\.pdf$/] })
 * scope('http://a.test/docs/x', 1) // undefined
 * scope('http://a.test/blog/', 1) // 'prefix'
 */
export function createScope(seeds: readonly string[], options: ScopeOptions = {}): Scope {
  const { within = 'host', include = [], exclude = [], maxDepth = Infinity } = options
  const named = new Set(seeds)
  const hosts = new Set(seeds.map((seed) => new URL(seed).host))
  const domains = domainsOf(seeds)
  const prefixes = new Set(seeds.map(directoryOf))
  const includes = include.map(stateless)
  const excludes = exclude.map(stateless)

  // Most links lead where the one before them led.
  let ownHost = '//?/'
  const isOnHost = (url: string): boolean => {
    if (url.startsWith(ownHost)) return true
    if (!hosts.has(hostOf(url))) return false
    ownHost = `${originOf(url)}/`
    return true
  }

  const judge = (url: string, depth: number): OutOfScope | undefined => {
    // The host of every seed is one of them.
    if (within === 'host' && !isOnHost(url)) return 'host'
    if (named.has(url)) return undefined
    if (within === 'domain' && !domains.has(hostOf(url))) return 'domain'
    if (within === 'prefix' && !prefixes.values().some((each) => url.startsWith(each))) {
      return 'prefix'
    }
    if (excludes.some((pattern) => pattern.test(url))) return 'exclude'
    if (includes.length > 0 && !includes.some((pattern) => pattern.test(url))) return 'include'
    // Last: who reads `depth` knows that a shorter way would do.
    return depth > maxDepth ? 'depth' : undefined
  }

  const admit = (url: string, from: string): void => {
    named.add(url)
    // A directory that was named without its slash; seeds beside it keep the one above.
    const others = [...named].filter((each) => each !== from && each !== url)
    const above = directoryOf(from)
    if (url === `${from}/` && !others.some((each) => directoryOf(each) === above)) {
      prefixes.delete(above)
    }
    hosts.add(new URL(url).host)
    domains.add(url)
    prefixes.add(directoryOf(url))
  }
  return Object.assign(judge, { admit })
}

interface Domains {
  has(host: string): boolean
  add(url: string): void
}

/** The domains of URLs; what was found of a host is kept, for there are few hosts and many links. */
function domainsOf(urls: readonly string[]): Domains {
  const domains = new Set(urls.map((url) => registrableDomain(new URL(url).hostname)))
  const known = new GenerationCache<string, boolean>(4096)
  return {
    has(host) {
      let found = known.get(host)
      if (found === undefined) {
        found = domains.has(registrableDomain(host.replace(/:\d+$/, '')))
        known.set(host, found)
      }
      return found
    },
    add(url) {
      domains.add(registrableDomain(new URL(url).hostname))
      known.clear()
    },
  }
}

function directoryOf(seed: string): string {
  const { origin, pathname } = new URL(seed)
  return origin + pathname.slice(0, pathname.lastIndexOf('/') + 1)
}

/** `test` of a global or sticky pattern remembers where it was: every other URL would fail. */
function stateless(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
}
