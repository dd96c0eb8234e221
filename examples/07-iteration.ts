// An API that answers in pages, read as one sequence: no page is requested before it is needed.
import { range, run, sleep, stream } from 'corral'

interface Page {
  items: number[]
  next: number | undefined
}

async function fetchPage(page: number): Promise<Page> {
  await sleep(20) // a request, say
  console.log(`  (page ${page})`)
  const items = [1, 2, 3].map((i) => 10 * page + i)
  return { items, next: page < 4 ? page + 1 : undefined }
}

async function* readAll(): AsyncGenerator<number> {
  try {
    for (let page: number | undefined = 1; page !== undefined;) {
      const { items, next } = await fetchPage(page)
      yield* items
      page = next
    }
  } finally {
    console.log('  (closed)')
  }
}

async function double(item: number): Promise<number> {
  await sleep(10)
  return 2 * item
}

export async function main(): Promise<void> {
  console.log('left early')
  for await (const item of readAll()) {
    if (item > 20) break // pages 3 and 4 are never asked for
  }

  console.log('in batches')
  for await (const batch of stream(readAll).chunk(5)) console.log(batch.join(' '))

  console.log('two at a time')
  const doubled = stream(readAll).map(double, { concurrency: 2 })
  console.log((await doubled.toArray()).join(' '))

  console.log('counting down')
  for await (const n of range(0, 3, { delay: 10 })) console.log(3 - n)
}

if (import.meta.main) await run(main)
