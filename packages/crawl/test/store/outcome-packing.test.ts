import { expect, test } from 'vitest'
import { packOutcomes, unpackOutcomes } from '../../src/store/outcome-packing.ts'
import type { Outcome, StoredLink } from '../../src/store/outcome.ts'
import { failureOutcome, link, pageOutcome } from './outcomes.ts'

const entry = { id: 7, url: 'http://a.test/', depth: 2, hops: 1 }

const links: StoredLink[] = [
  link('http://a.test/plain'),
  link('http://a.test/plain/too'),
  { url: 'http://a.test/no', kind: 'anchor', nofollow: true, skip: 'nofollow' },
  { url: 'http://a.test/no', kind: 'anchor', nofollow: true },
  { url: 'http://b.test/', kind: 'anchor', nofollow: false, skip: 'host' },
  { url: 'http://a.test/frame', kind: 'frame', nofollow: false },
  { url: 'http://a.test/first', kind: 'anchor', nofollow: false, priority: 3 },
  { url: 'http://a.test/new', kind: 'anchor', nofollow: false, changedAt: 1_790_000_000_000 },
  { url: 'http://a.test/new', kind: 'listed', nofollow: false, priority: 0, changedAt: 0 },
]

const outcomes: Outcome[] = [
  pageOutcome(entry, links),
  pageOutcome(entry, [], links[0]),
  failureOutcome(entry),
  { ...failureOutcome(entry), links } as Outcome,
  { ...failureOutcome(entry), links: undefined } as Outcome,
  {
    result: 'unchanged',
    entry: { ...entry, before: { etag: '"\u2028\ud800"', fetchedAt: 1 } },
    fetchedAt: 5,
  },
  { result: 'skip', entry, reason: 'robots' },
]

test('outcomes come out of their text as they went in', () => {
  expect(unpackOutcomes(packOutcomes(outcomes))).toEqual(outcomes)
  expect(unpackOutcomes(packOutcomes([]))).toEqual([])
})
