// Background tasks: names, results, cancelling one of them. None outlives the group.
import { run, sleep, taskGroup, TaskCancelledError } from 'corral'

async function download(file: string, ms: number): Promise<string> {
  try {
    await sleep(ms)
    return `${file} is here`
  } finally {
    console.log(`  (${file}: connection closed)`)
  }
}

export async function main(): Promise<void> {
  await taskGroup(async (group) => {
    const small = group.spawn(() => download('small', 50), { name: 'small' })
    const huge = group.spawn(() => download('huge', 60_000), { name: 'huge' })

    console.log('other work meanwhile')
    await sleep(10)
    console.log(`${small.name} is ${small.status}, ${huge.name} is ${huge.status}`)

    console.log(await small)
    huge.cancel('nobody needs it')
    try {
      console.log(await huge)
    } catch (error) {
      if (!(error instanceof TaskCancelledError)) throw error
      console.log(`${huge.name} is ${huge.status}`)
    }
  })
}

if (import.meta.main) await run(main)
