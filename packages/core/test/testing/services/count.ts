// Prints for each service how explore, left to itself, fares with the bug and without it.
import { explore, ExploreFailure } from '../../../src/testing.ts'
import { services } from './all-services.ts'

let found = 0
for (const [name, { program }] of Object.entries(services)) {
  const outcome = await explore(program(false)).then(
    ({ schedules }) => `missed after ${schedules}`,
    (error: unknown) => {
      if (!(error instanceof ExploreFailure)) return `strange: ${String(error)}`
      found += 1
      return `found after ${error.schedules}, ${error.replay}: ${(error.cause as Error).message.split('\n')[0]}`
    },
  )
  const mended = await explore(program(true)).then(
    ({ schedules }) => `passes ${schedules}`,
    (error: Error) => `FAILS: ${error.message}`,
  )
  console.log(`${name.padEnd(18)} ${outcome}; mended ${mended}`)
}
console.log(`${found} of ${Object.keys(services).length} found`)
