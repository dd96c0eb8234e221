import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FrontierEntry } from '../../src/store/outcome.ts'
import { StoreEngine, type StoreEngineOptions } from '../../src/store/store-engine.ts'
import { link, pageOutcome } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

function newFile(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

function open(file: string, options?: StoreEngineOptions): StoreEngine {
  const engine = new StoreEngine(file, options)
  onTestFinished(() => {
    try {
      engine.close()
    } catch {
      // Closed by the test.
    }
  })
  return engine
}

function claimOne(engine: StoreEngine): FrontierEntry {
  const [entry] = engine.claim(1, Infinity)
  if (entry === undefined) throw new Error('nothing is queued')
  return entry
}

describe('StoreEngine', () => {
  test('says that it is full and keeps what it has', () => {
    const file = newFile()
    const engine = open(file, { maxFileSize: 200_000 })
    engine.seed(['http://a.test/'])
    const entry = claimOne(engine)
    const links = Array.from({ length: 5000 }, (_, index) => link(`http://a.test/${index}`))
    expect(() => engine.commit([pageOutcome(entry, links)])).toThrow(
      expect.objectContaining({ code: 'STORE_FULL', file }),
    )
    expect(engine.counts()).toMatchObject({ queued: 1, pages: 0 })
    engine.commit([pageOutcome(entry, links.slice(0, 10))])
    engine.close()
    expect(open(file).counts()).toMatchObject({ queued: 10, pages: 1 })
  })
})
