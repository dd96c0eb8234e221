import { describe, expect, test } from 'vitest'
import { link, pageOutcome } from './outcomes.ts'
import { openCounting, storeKinds, type Counting } from './stores.ts'

const variants = Array.from({ length: 10 }, (_, n) => link(`http://a.test/list?a=1&b=2&page=${n}`))
const single = Array.from({ length: 10 }, (_, n) => link(`http://a.test/topic?t=${n}`))

describe.each(storeKinds())('TrapDetector in $name', ({ newStore }) => {
  test('lets so many variants of a path in, also over several runs, and counts each once', async () => {
    const file = newStore()
    const options = { traps: { maxVariants: 4, maxSuspects: 0 } }
    const open = async (): Promise<Counting> => await openCounting(file, options)
    let store = await open()
    await store.seed(['http://a.test/'])
    const [seed] = await store.claim(1, 1)
    if (seed === undefined) throw new Error('nothing is queued')
    const links = [...variants.slice(0, 3), ...variants.slice(0, 3), ...single]
    expect(await store.commit([pageOutcome(seed, links)])).toMatchObject({ queued: 13, skipped: 0 })
    await store.close()

    store = await open()
    const [next] = await store.claim(1, 1)
    if (next === undefined) throw new Error('nothing is queued')
    // The first three are known; one more fits.
    const counts = await store.commit([
      pageOutcome(next, [...variants, link('http://a.test/x/x/x/x/')]),
    ])
    expect(counts).toMatchObject({ queued: 13, skipped: 7 })
    // Another link to it does not let it in.
    const [again] = await store.claim(1, 1)
    if (again === undefined) throw new Error('nothing is queued')
    expect(await store.commit([pageOutcome(again, variants)])).toMatchObject({
      queued: 12,
      skipped: 7,
    })
    await store.close()
  })

  test('takes seeds and what sitemaps list by their word', async () => {
    const store = await openCounting(newStore())
    expect(await store.seed(['http://a.test/x/x/x/x/x'])).toMatchObject({ queued: 1, skipped: 0 })
    const [seed] = await store.claim(1, 1)
    if (seed === undefined) throw new Error('nothing is queued')
    const listed = [{ ...link('http://a.test/y/y/y/y/y'), kind: 'listed' }]
    expect(await store.commit([pageOutcome(seed, listed)])).toMatchObject({ queued: 1, skipped: 0 })
    await store.close()
  })

  test('lets in so many that look like a trap, by host and shape, and counts them with the store', async () => {
    const file = newStore()
    const open = async (): Promise<Counting> =>
      await openCounting(file, { traps: { maxSuspects: 3 } })
    const archive = Array.from({ length: 5 }, (_, n) => link(`http://a.test/news/190${n}/04/`))
    const calendar = Array.from({ length: 5 }, (_, n) => link(`http://a.test/day?of=204${n}-04`))
    const elsewhere = Array.from({ length: 2 }, (_, n) => link(`http://b.test/news/190${n}/04/`))
    const broken = [link('http://a.test/x/x/x/x/'), link('http://a.test/y/y/y/y/y/')]
    let store = await open()
    await store.seed(['http://a.test/', 'http://a.test/2'])
    const [first, second] = await store.claim(2, 2)
    if (first === undefined || second === undefined) throw new Error('nothing is queued')
    const all = [...archive.slice(0, 2), ...calendar, ...elsewhere, ...broken]
    expect(await store.commit([pageOutcome(first, all)])).toMatchObject({
      queued: 1 + 9,
      skipped: 2,
    })
    await store.close()
    store = await open()
    await store.claim(1, 1)
    expect(await store.commit([pageOutcome(second, archive)])).toMatchObject({ skipped: 4 })
    await store.close()
  })
})
