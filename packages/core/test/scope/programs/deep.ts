import { Future, run, spawn } from '../../../src/index.ts'

const never = new Future<void>()

async function nested(depth: number): Promise<void> {
  if (depth > 0) await spawn(() => nested(depth - 1))
  else await never
}

await run(() => nested(3000))
