/** Replays tokens in a process of its own: reads `{ name: token }` from its argument, writes `{ name: error }`. */
import { explore } from '../../../src/testing.ts'
import { planted } from './all-planted.ts'

const tokens = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const errors: Record<string, string> = {}
for (const [name, replay] of Object.entries(tokens)) {
  const program = planted[name]?.program(false)
  if (program === undefined) continue
  errors[name] = await explore(program, { replay }).then(
    () => 'passed',
    (error: Error) => (error.cause as Error).message,
  )
}
process.stdout.write(JSON.stringify(errors))
