// Failures: kept as results, thrown together with later ones, or handled one by one.
import { gatherSettled, isCancelled, run, sleep, supervisor, taskGroup } from 'corral'

async function process(item: number): Promise<number> {
  await sleep(10 * item)
  if (item % 2 === 0) throw new Error(`item ${item} is even`)
  return item * item
}

async function cleanUpBadly(): Promise<void> {
  try {
    await sleep(60_000)
  } catch {
    throw new Error('the cleanup failed too')
  }
}

export async function main(): Promise<void> {
  console.log('all of them, whatever happens')
  const results = await gatherSettled([() => process(1), () => process(2), () => process(3)])
  for (const result of results) {
    if (result.status === 'fulfilled') console.log(`  ${result.value}`)
    else console.log(`  failed: ${(result.reason as Error).message}`)
  }

  console.log('all or nothing')
  try {
    await taskGroup(async (group) => {
      group.spawn(() => process(2))
      group.spawn(cleanUpBadly)
    })
  } catch (error) {
    if (isCancelled(error)) throw error
    const { message, suppressed } = error as Error & { suppressed: Error[] }
    console.log(`  failed: ${message}`)
    for (const later of suppressed) console.log(`  and then: ${later.message}`)
  }

  console.log('each for itself')
  await supervisor(
    async (group) => {
      for (const item of [1, 2, 3]) {
        group.spawn(async () => console.log(`  ${await process(item)}`))
      }
    },
    { onError: (error) => console.log(`  failed: ${(error as Error).message}`) },
  )
}

if (import.meta.main) await run(main)
