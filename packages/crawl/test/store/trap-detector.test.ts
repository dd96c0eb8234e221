import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StoreEngine } from '../../src/store/store-engine.ts'
import { link, pageOutcome } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const variants = Array.from({ length: 10 }, (_, n) => link(`http://a.test/list?a=1&b=2&page=${n}`))
const single = Array.from({ length: 10 }, (_, n) => link(`http://a.test/topic?t=${n}`))

test('StoreEngine lets so many variants of a path in, also over several runs, and counts each once', () => {
  const file = join(temporaryDirectory(), 'crawl.db')
  const options = { traps: { maxVariants: 4, maxSuspects: 0 } }
  const open = (): StoreEngine => new StoreEngine(file, options)
  let engine = open()
  engine.seed(['http://a.test/'])
  const [seed] = engine.claim(1, 1)
  if (seed === undefined) throw new Error('nothing is queued')
  const links = [...variants.slice(0, 3), ...variants.slice(0, 3), ...single]
  expect(engine.commit([pageOutcome(seed, links)])).toMatchObject({ queued: 13, skipped: 0 })
  engine.close()

  engine = open()
  const [next] = engine.claim(1, 1)
  if (next === undefined) throw new Error('nothing is queued')
  // The first three are known; one more fits.
  const counts = engine.commit([pageOutcome(next, [...variants, link('http://a.test/x/x/x/x/')])])
  expect(counts).toMatchObject({ queued: 13, skipped: 7 })
  // Another link to it does not let it in.
  const [again] = engine.claim(1, 1)
  if (again === undefined) throw new Error('nothing is queued')
  expect(engine.commit([pageOutcome(again, variants)])).toMatchObject({ queued: 12, skipped: 7 })
  engine.close()
})

test('StoreEngine takes seeds and what sitemaps list by their word', () => {
  const engine = new StoreEngine(join(temporaryDirectory(), 'crawl.db'))
  expect(engine.seed(['http://a.test/x/x/x/x/x'])).toMatchObject({ queued: 1, skipped: 0 })
  const [seed] = engine.claim(1, 1)
  if (seed === undefined) throw new Error('nothing is queued')
  const listed = [{ ...link('http://a.test/y/y/y/y/y'), kind: 'listed' }]
  expect(engine.commit([pageOutcome(seed, listed)])).toMatchObject({ queued: 1, skipped: 0 })
  engine.close()
})

test('StoreEngine lets in so many that look like a trap, by host and shape, and counts them with the store', () => {
  const file = join(temporaryDirectory(), 'crawl.db')
  const open = (): StoreEngine => new StoreEngine(file, { traps: { maxSuspects: 3 } })
  const archive = Array.from({ length: 5 }, (_, n) => link(`http://a.test/news/190${n}/04/`))
  const calendar = Array.from({ length: 5 }, (_, n) => link(`http://a.test/day?of=204${n}-04`))
  const elsewhere = Array.from({ length: 2 }, (_, n) => link(`http://b.test/news/190${n}/04/`))
  const broken = [link('http://a.test/x/x/x/x/'), link('http://a.test/y/y/y/y/y/')]
  let engine = open()
  engine.seed(['http://a.test/', 'http://a.test/2'])
  const [first, second] = engine.claim(2, 2)
  if (first === undefined || second === undefined) throw new Error('nothing is queued')
  const all = [...archive.slice(0, 2), ...calendar, ...elsewhere, ...broken]
  expect(engine.commit([pageOutcome(first, all)])).toMatchObject({ queued: 1 + 9, skipped: 2 })
  engine.close()
  engine = open()
  engine.claim(1, 1)
  expect(engine.commit([pageOutcome(second, archive)])).toMatchObject({ skipped: 4 })
  engine.close()
})
