import { describe, expect, test } from 'vitest'
import { defaultCrawlLimits } from '../../src/crawl/crawl-limits.ts'
import { HostHealth } from '../../src/crawl/host-health.ts'
import type { Visit } from '../../src/crawl/visit-page.ts'

const limits = { ...defaultCrawlLimits, breakAfter: 3, breakFor: 60_000 }

function failing(code: string, kind: 'http' | 'network' = 'http'): () => Promise<Visit> {
  const failure = { kind, code, message: code, retryable: true } as const
  return () => Promise.resolve({ result: 'failure', failure })
}

const fine: Visit = { result: 'unchanged', fetchedAt: 0 }

describe('HostHealth', () => {
  test('knows nothing of healthy hosts', async () => {
    const health = new HostHealth(limits)
    expect(await health.visit('http://a.test', () => Promise.resolve(fine))).toBe(fine)
    expect(health.size).toBe(0)
    expect(health.delayOf('http://a.test')).toBeUndefined()
    expect(health.tryRetry('http://a.test')).toBe(true)
  })

  test('leaves a host alone that fails in a row, not one whose pages do', async () => {
    const health = new HostHealth(limits)
    for (let each = 0; each < 10; each++) {
      expect(await health.visit('http://page.test', failing('500'))).toMatchObject({
        result: 'failure',
      })
    }
    for (let each = 0; each < 3; each++) {
      expect(
        await health.visit('http://host.test', failing('ECONNREFUSED', 'network')),
      ).toMatchObject({
        failure: { code: 'ECONNREFUSED' },
      })
    }
    expect(await health.visit('http://host.test', () => Promise.resolve(fine))).toMatchObject({
      result: 'later',
    })
    expect(await health.visit('http://page.test', () => Promise.resolve(fine))).toBe(fine)
  })

  test('forgets a host that has recovered', async () => {
    const health = new HostHealth({ ...limits, retryBudget: 1 })
    await health.visit('http://a.test', failing('429'))
    expect(health.delayOf('http://a.test')).toBeGreaterThan(0)
    expect(health.tryRetry('http://a.test')).toBe(true)
    expect(health.tryRetry('http://a.test')).toBe(false)
    for (let each = 0; each < 40; each++) {
      await health.visit('http://a.test', () => Promise.resolve(fine))
    }
    expect(health.size).toBe(0)
  })

  test('remembers no more hosts than fit', async () => {
    const health = new HostHealth(limits)
    for (let each = 0; each < 10_100; each++) {
      await health.visit(`http://h${each}.test`, failing('ENOTFOUND', 'network'))
    }
    expect(health.size).toBe(10_000)
  })
})
