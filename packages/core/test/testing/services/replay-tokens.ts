// Finds failures of the services in a thousand ways, and replays each token in another process: how many show the same failure.
// node packages/core/test/testing/services/replay-tokens.ts
import { execFileSync } from 'node:child_process'
import { explore, ExploreFailure } from '../../../src/testing.ts'
import { services } from './all-services.ts'

type Token = readonly [name: string, replay: string, message: string]

const WANTED = 1000

async function failureOf(name: string, options: object): Promise<Token | undefined> {
  const program = services[name]?.program(false) as () => unknown
  const error = await explore(program, options).catch((failure: unknown) => failure)
  if (!(error instanceof ExploreFailure)) return undefined
  return [name, error.replay, (error.cause as Error).message.split('\n')[0] ?? '']
}

const given = process.argv[2]
if (given === undefined) {
  const tokens: Token[] = []
  for (let seed = 1; tokens.length < WANTED; seed++) {
    for (const name of Object.keys(services)) {
      const strategies = seed % 2 === 0 ? (['random', 'fail'] as const) : (['pct', 'fail'] as const)
      const found = await failureOf(name, { seed, strategies, budget: 200 })
      if (found !== undefined && tokens.length < WANTED) tokens.push(found)
    }
  }
  let same = 0
  for (let i = 0; i < tokens.length; i += 50) {
    const batch = JSON.stringify(tokens.slice(i, i + 50))
    same += Number(
      execFileSync(process.execPath, [import.meta.filename, batch], { encoding: 'utf8' }),
    )
  }
  const different = new Set(tokens.map(([name, replay]) => `${name} ${replay}`)).size
  console.log(
    `${same} of ${tokens.length} replayed in other processes, ${different} of them different`,
  )
} else {
  let same = 0
  for (const [name, replay, message] of JSON.parse(given) as Token[]) {
    const again = await failureOf(name, { replay })
    if (again?.[2] === message && again[1] === replay) same += 1
  }
  console.log(same)
}
