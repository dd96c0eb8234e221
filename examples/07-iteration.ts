// An API that answers in pages, read as one sequence: no page is asked for before it is needed.
import { batches, mapConcurrent, run, sleep } from 'corral'

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
  for await (const batch of batches(readAll(), 5)) console.log(batch.join(' '))

  console.log('two at a time')
  const doubled = await mapConcurrent(readAll(), double, { concurrency: 2 })
  console.log(doubled.join(' '))
}

if (import.meta.main) await run(main)
