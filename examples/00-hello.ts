// The entry point: `run` ends when nothing is left running.
import { run, sleep } from 'corral'

export async function main(): Promise<void> {
  try {
    console.log('hello')
    await sleep(500)
    console.log('world')
  } finally {
    console.log('bye') // after Ctrl-C too; the exit code is 130 then
  }
}

if (import.meta.main) await run(main)
