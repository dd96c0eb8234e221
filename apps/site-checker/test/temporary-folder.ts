import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that is there for one test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'site-checker-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
