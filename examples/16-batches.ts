// Items in batches with progress; and single loads combined into one, unknown to the callers.
import { Batcher, batches, gather, mapConcurrent, run, sleep } from 'corral'

async function insert(rows: readonly number[]): Promise<number> {
  await sleep(10) // one statement for all of them
  return rows.length
}

async function selectUsers(ids: number[]): Promise<string[]> {
  console.log(`  (select ... where id in (${ids.join(', ')}))`)
  await sleep(10)
  return ids.map((id) => `user-${id}`)
}

export async function main(): Promise<void> {
  const rows = Array.from({ length: 23 }, (_, i) => i)
  let done = 0
  const counts = await mapConcurrent(
    batches(rows, 5),
    async (batch) => {
      const count = await insert(batch)
      done += count
      console.log(`${Math.floor((100 * done) / rows.length)} %`)
      return count
    },
    { concurrency: 2 },
  )
  console.log(`${counts.length} statements: ${counts.join(' + ')} rows`)

  const users = new Batcher(selectUsers)
  const page = async (id: number): Promise<string> => `<h1>${await users.load(id)}</h1>`
  const pages = await gather([() => page(1), () => page(2), () => page(1)])
  console.log(pages.join(' '))
}

if (import.meta.main) await run(main)
