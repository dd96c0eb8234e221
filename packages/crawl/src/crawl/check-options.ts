import { isRegExp } from 'node:util/types'
import { withoutCredentials } from '@corral/http'
import { MisuseError } from 'corral'
import { describe, requireDuration } from 'corral/lowlevel'
import type { LinkKind } from '../page/link-extractor.ts'
import type { ScopeOptions } from '../url/scope.ts'
import { defaultTrapLimits, type TrapLimits } from '../url/trap.ts'
import type { CrawlOptions } from './crawl-options.ts'

type Checked = Pick<
  CrawlOptions,
  | 'scope'
  | 'headers'
  | 'headerOrigins'
  | 'userAgent'
  | 'proxy'
  | 'followKinds'
  | 'canonical'
  | 'refreshAfter'
  | 'traps'
  | 'normalize'
  | 'handlerErrors'
  | 'keep'
>

/**
 * Refuses what would be taken for something else, or fail page by page: what types say, said to programs without types.
 *
 * @throws MisuseError
 */
export function checkOptions(options: Checked): void {
  checkObject('options', options, 'an object such as { seeds: [url], store: file }')
  const { scope, headers, userAgent, followKinds, canonical, refreshAfter } = options
  const { traps, normalize, handlerErrors, keep } = options
  if (scope !== undefined) checkScope(scope)
  if (headers !== undefined) checkHeaders(headers)
  if (options.headerOrigins !== undefined) checkOrigins(options.headerOrigins)
  if (userAgent !== undefined) checkHeaderValue('userAgent', userAgent)
  if (options.proxy !== undefined) for (const each of [options.proxy].flat()) checkProxy(each)
  if (followKinds !== undefined) {
    checkArray('followKinds', followKinds)
    for (const [at, kind] of followKinds.entries()) checkWord(`followKinds[${at}]`, kind, kinds)
  }
  if (canonical !== undefined) checkWord('canonical', canonical, { follow: true, prefer: true })
  if (refreshAfter !== undefined) requireDuration('crawl: refreshAfter', refreshAfter)
  if (traps !== undefined) checkTraps(traps)
  if (normalize !== undefined) checkNormalize(normalize)
  if (keep !== undefined) checkWord('keep', keep, { bodies: true })
  if (handlerErrors !== undefined) {
    checkWord('handlerErrors', handlerErrors, { record: true, throw: true })
  }
}

// Records, not arrays: the compiler sees to it that none is left out.
const kinds: Record<LinkKind, true> = {
  anchor: true,
  area: true,
  frame: true,
  refresh: true,
  canonical: true,
}
const places: Record<NonNullable<ScopeOptions['within']>, true> = {
  host: true,
  domain: true,
  prefix: true,
  anywhere: true,
}
const scopeKeys: Record<keyof ScopeOptions, true> = {
  within: true,
  include: true,
  exclude: true,
  maxDepth: true,
}

const normalizeKeys: Record<keyof NonNullable<CrawlOptions['normalize']>, true> = {
  stripParameters: true,
  sortQuery: true,
}

function checkTraps(traps: Partial<TrapLimits>): void {
  checkKeys('traps', traps, defaultTrapLimits)
  for (const [name, limit] of Object.entries(traps)) {
    if (limit === undefined || (typeof limit === 'number' && limit >= 0)) continue
    refuse(`traps.${name}`, 'a number of at least 0 (Infinity for never)', limit)
  }
}

function checkNormalize(normalize: NonNullable<CrawlOptions['normalize']>): void {
  checkKeys('normalize', normalize, normalizeKeys)
  const { stripParameters, sortQuery } = normalize
  if (stripParameters !== undefined) {
    checkArray('normalize.stripParameters', stripParameters)
    for (const [at, name] of stripParameters.entries()) {
      if (typeof name === 'string' && name !== '') continue
      refuse(`normalize.stripParameters[${at}]`, 'the name of a parameter', name)
    }
  }
  if (sortQuery !== undefined && typeof sortQuery !== 'boolean') {
    refuse('normalize.sortQuery', 'true or false', sortQuery)
  }
}

function checkScope(scope: ScopeOptions): void {
  checkKeys('scope', scope, scopeKeys)
  const { within, include, exclude, maxDepth } = scope
  if (within !== undefined) checkWord('scope.within', within, places)
  if (include !== undefined) checkPatterns('scope.include', include)
  if (exclude !== undefined) checkPatterns('scope.exclude', exclude)
  if (maxDepth !== undefined && !(typeof maxDepth === 'number' && maxDepth >= 0)) {
    refuse('scope.maxDepth', 'a number of at least 0', maxDepth)
  }
}

function checkPatterns(argument: string, patterns: readonly RegExp[]): void {
  checkArray(argument, patterns)
  for (const [at, pattern] of patterns.entries()) {
    if (!isRegExp(pattern)) refuse(`${argument}[${at}]`, 'a regular expression', pattern)
  }
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  checkObject('headers', headers)
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) {
      refuse('headers', 'an object whose names are tokens of HTTP', name)
    }
    checkHeaderValue(`headers[${JSON.stringify(name)}]`, value)
  }
}

function checkProxy(proxy: string): void {
  if (/^(https?|socks5?h?):$/.test(URL.parse(proxy)?.protocol ?? '')) return
  refuse('proxy', 'the http, https or socks5 URL of a proxy', withoutCredentials(proxy))
}

function checkOrigins(origins: readonly string[]): void {
  checkArray('headerOrigins', origins)
  for (const [at, origin] of origins.entries()) {
    const protocol = typeof origin === 'string' ? URL.parse(origin)?.protocol : undefined
    if (protocol === 'http:' || protocol === 'https:') continue
    const shown = typeof origin === 'string' ? withoutCredentials(origin) : origin
    refuse(`headerOrigins[${at}]`, 'an http or https URL', shown)
  }
}

function checkHeaderValue(argument: string, value: unknown): void {
  const [wrong] = typeof value === 'string' ? (forbidden.exec(value) ?? []) : [value]
  // Of a text no more than what is wrong: it may be a secret.
  if (wrong !== undefined || typeof value !== 'string') {
    refuse(argument, 'a string of Latin-1 without control characters', wrong)
  }
}

const forbidden = /[^\t\u0020-\u007e\u0080-\u00ff]/u

function checkWord(argument: string, word: unknown, words: Readonly<Record<string, true>>): void {
  if (typeof word === 'string' && Object.hasOwn(words, word)) return
  refuse(argument, `one of ${Object.keys(words).join(', ')}`, word)
}

function checkArray(argument: string, value: unknown): void {
  if (!Array.isArray(value)) refuse(argument, 'an array', value)
}

/** An object that has no key but these. */
function checkKeys(argument: string, value: object, known: object): void {
  checkObject(argument, value)
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(known, key)) continue
    refuse(argument, `an object of ${Object.keys(known).join(', ')}`, key)
  }
}

function checkObject(argument: string, value: unknown, rule = 'an object'): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(argument, rule, value)
  }
}

function refuse(argument: string, rule: string, value: unknown): never {
  throw new MisuseError(`crawl: ${argument} must be ${rule}, got ${describe(value)}`)
}
