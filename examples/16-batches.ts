// Items in batches, some batches at a time, with progress.
import { batches, mapConcurrent, run, sleep } from 'corral'

async function insert(rows: readonly number[]): Promise<number> {
  await sleep(10) // one statement for all of them
  return rows.length
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
}

if (import.meta.main) await run(main)
