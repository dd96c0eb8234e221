// Streams where nothing travels along the awaits, as in browsers: what is left early must still end.
import { merge, range, sleep, stream, zip } from 'corral'

let open = 0

async function* numbers(): AsyncGenerator<number> {
  open += 1
  try {
    for (let n = 0; ; n++) {
      await sleep(1)
      yield n
    }
  } finally {
    open -= 1
  }
}

const walks = {
  map: () => stream(numbers).map(async (n) => n, { concurrency: 2 }),
  buffer: () => stream(numbers).buffer(2),
  merge: () => merge(stream(numbers).buffer(1), range(0, Infinity, { delay: 1 })),
  zip: () => zip(numbers(), range(0, Infinity)),
  flatMap: () => range(0, 9).flatMap(numbers, { concurrency: 2 }),
  debounce: () => range(0, Infinity, { delay: 2 }).debounce(1),
  throttle: () => stream(numbers).throttle(3),
  chunk: () => stream(numbers).chunk(2, { maxDelay: 20 }),
  takeUntil: () => stream(numbers).takeUntil(() => sleep(1000)),
  timeout: () => stream(numbers).timeout(1000),
  share: () => stream(numbers).share(),
  retry: () => stream(numbers).retry(),
}
for (const [name, make] of Object.entries(walks)) {
  const items = await make().take(3).toArray()
  console.log(name, items.length, open)
}
