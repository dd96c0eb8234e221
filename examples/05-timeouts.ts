// Time limits: the work is cancelled, its cleanup runs, and then the error says after how long.
import { currentDeadline, moveOnAfter, now, run, sleep, timeout, TimeoutError } from 'corral'

async function query(ms: number): Promise<string> {
  try {
    await sleep(ms)
    return 'rows'
  } finally {
    if (ms > 1000) console.log('  (query cancelled on the server)')
  }
}

export async function main(): Promise<void> {
  console.log(await timeout(200, () => query(10)))

  try {
    await timeout(200, () => query(60_000))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log(error.message)
  }

  const result = await moveOnAfter(100, () => query(60_000))
  console.log(result.timedOut ? 'from the cache' : result.value)

  // Deadlines compose: the earliest one around holds, and code inside can ask for it.
  await timeout(30_000, () =>
    timeout(60_000, async () => {
      console.log(`${Math.round((currentDeadline() - now()) / 1000)} s left`)
    }),
  )
}

if (import.meta.main) await run(main)
