import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StoreEngine } from '../../src/store/store-engine.ts'
import { link, pageOutcome } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const variants = Array.from({ length: 10 }, (_, n) => link(`http://a.test/list?a=1&b=2&page=${n}`))
const single = Array.from({ length: 10 }, (_, n) => link(`http://a.test/topic?t=${n}`))

test('StoreEngine lets so many variants of a path in, also over several runs, and counts each once', () => {
  const file = join(temporaryDirectory(), 'crawl.db')
  const options = { traps: { maxVariants: 4 } }
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
