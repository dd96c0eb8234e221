import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MisuseError } from 'corral'
import { describe, expect, test } from 'vitest'
import { checkOptions } from '../../src/crawl/check-options.ts'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

const places = 'one of host, domain, prefix, anywhere'
const text = 'a string of Latin-1 without control characters'
const duration = 'a number of milliseconds, at least 0 (Infinity for no limit)'

describe('crawl refuses', () => {
  test.each<[options: object, message: string]>([
    [{ scope: { within: 'mars' } }, `scope.within must be ${places}, got "mars" (string)`],
    [{ scope: 'anywhere' }, 'scope must be an object, got "anywhere" (string)'],
    [
      { scope: { whithin: 'host' } },
      'scope must be an object of within, include, exclude, maxDepth, got "whithin" (string)',
    ],
    [
      { scope: { include: ['/p/1'] } },
      'scope.include[0] must be a regular expression, got "/p/1" (string)',
    ],
    [{ scope: { exclude: /x/ } }, 'scope.exclude must be an array, got RegExp (object)'],
    [
      { scope: { maxDepth: '2' } },
      'scope.maxDepth must be a number of at least 0, got "2" (string)',
    ],
    [
      { headers: { 'a b': 'x' } },
      'headers must be an object whose names are tokens of HTTP, got "a b" (string)',
    ],
    [{ headers: { a: 'x\r\ny' } }, `headers["a"] must be ${text}, got "\\r" (string)`],
    [{ headers: { a: 1 } }, `headers["a"] must be ${text}, got 1 (number)`],
    [{ userAgent: 'bot\n' }, `userAgent must be ${text}, got "\\n" (string)`],
    [
      { followKinds: ['foo'] },
      'followKinds[0] must be one of anchor, area, frame, refresh, canonical, got "foo" (string)',
    ],
    [{ canonical: 'foo' }, 'canonical must be one of follow, prefer, got "foo" (string)'],
    [{ refreshAfter: -1 }, `refreshAfter must be ${duration}, got -1 (number)`],
    [{ refreshAfter: '1d' }, `refreshAfter must be ${duration}, got "1d" (string)`],
    [
      { traps: { maxSegments: -1 } },
      'traps.maxSegments must be a number of at least 0 (Infinity for never), got -1 (number)',
    ],
    [
      { traps: { segments: 3 } },
      'traps must be an object of maxSegments, maxRepeats, maxParameters, maxVariants, maxSuspects, yearsAhead, yearsBack, got "segments" (string)',
    ],
    [
      { normalize: { maxLength: 9 } },
      'normalize must be an object of stripParameters, sortQuery, got "maxLength" (string)',
    ],
    [
      { normalize: { stripParameters: 'utm_*' } },
      'normalize.stripParameters must be an array, got "utm_*" (string)',
    ],
    [
      { normalize: { stripParameters: [/utm/] } },
      'normalize.stripParameters[0] must be the name of a parameter, got RegExp (object)',
    ],
    [
      { normalize: { sortQuery: 'yes' } },
      'normalize.sortQuery must be true or false, got "yes" (string)',
    ],
    [
      { handlerErrors: 'ignore' },
      'handlerErrors must be one of record, throw, got "ignore" (string)',
    ],
  ])('%j, before anything is touched', async (options, message) => {
    const store = join(temporaryDirectory(), 'crawl.db')
    const error = await crawl({ seeds: ['http://a.test/'], store, ...options }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(MisuseError)
    expect((error as Error).message).toBe(`crawl: ${message}`)
    expect(existsSync(store)).toBe(false)
  })
})

test('crawl refuses a URL in place of its options', async () => {
  await expect(crawl('https://a.test/' as never)).rejects.toThrow(
    'crawl: options must be an object such as { seeds: [url], store: file }, got "https://a.test/" (string)',
  )
})

test('checkOptions takes what is right, and options that are undefined', () => {
  expect(() => checkOptions({})).not.toThrow()
  const options: Partial<CrawlOptions> = {
    scope: { within: 'anywhere', include: [/a/g], exclude: [], maxDepth: Infinity },
    headers: { 'accept-language': 'en' },
    userAgent: 'bot/1',
    followKinds: ['anchor', 'canonical'],
    canonical: 'prefer',
    refreshAfter: 0,
    traps: { maxVariants: Infinity },
    normalize: { stripParameters: ['utm_*'], sortQuery: true },
    handlerErrors: 'throw',
  }
  expect(() => checkOptions(options)).not.toThrow()
})
