import { onTestFinished } from 'vitest'
import { spawnChecker } from './spawn-checker.ts'
import type { SpawnedChecker } from './spawn-checker.ts'

/** The program for one test, ready. */
export async function startChecker(
  env: Readonly<Record<string, string>>,
  role?: string,
): Promise<SpawnedChecker & { readonly url: string }> {
  const spawned = spawnChecker(env, role)
  onTestFinished(() => spawned[Symbol.asyncDispose]())
  return { ...spawned, url: await spawned.ready }
}
