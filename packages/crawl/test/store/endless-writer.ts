/** Stores pages with three new links each, for ever, and prints how many are confirmed: to be killed. */
import { openStore } from '../../src/store/open-store.ts'
import { link, pageOutcome } from './outcomes.ts'

const store = await openStore(process.argv[2] ?? '')
await store.seed(['http://a.test/0'])
for (;;) {
  const entries = await store.claim(16, 16)
  const outcomes = entries.map((entry) =>
    pageOutcome(
      entry,
      [1, 2, 3].map((each) => link(`http://a.test/${entry.id}-${each}`)),
    ),
  )
  await store.commit(outcomes)
  process.stdout.write(`${store.counts.pages}\n`)
}
