import { checkpoint } from '../../../src/index.ts'
import { explore } from '../../../src/testing.ts'

/** A program in a module that explores it as it is loaded: workers cannot load that. */
export async function main(): Promise<void> {
  await checkpoint()
}

await explore(main)
