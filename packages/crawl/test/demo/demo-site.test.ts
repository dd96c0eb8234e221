import { describe, expect, test } from 'vitest'
import { LinkExtractor } from '../../src/page/link-extractor.ts'
import { startDemoSite } from '../../src/demo/demo-site.ts'

describe('startDemoSite', () => {
  test('serves a few hundred pages that can be reached from the first', async () => {
    await using site = await startDemoSite()
    const seen = new Set([site.url])
    const plain = /\/(chapter\/.*)?$/
    for (const url of seen) {
      const response = await fetch(url)
      expect(response.status).toBe(200)
      const extractor = new LinkExtractor(url)
      extractor.write(await response.text())
      for (const link of extractor.end().links) {
        const inside = link.url.startsWith(site.url) && plain.test(new URL(link.url).pathname)
        if (inside) seen.add(link.url)
      }
    }
    expect(seen.size).toBeGreaterThan(300)
    expect(seen.size).toBeLessThan(1000)
  })

  test('is the same every time, and heals what is to heal', async () => {
    for (let times = 0; times < 2; times++) {
      await using site = await startDemoSite()
      const statusOf = async (path: string): Promise<number> => {
        const response = await fetch(site.url + path, { redirect: 'manual' })
        await response.body?.cancel()
        return response.status
      }
      expect([
        await statusOf('flaky/1'),
        await statusOf('flaky/1'),
        await statusOf('flaky/1'),
      ]).toEqual([500, 503, 200])
      expect([await statusOf('busy'), await statusOf('busy')]).toEqual([429, 200])
      expect(await statusOf('old/3')).toBe(301)
      expect(await statusOf('missing/1')).toBe(404)
      expect(await statusOf('endless')).toBe(200)
      expect(await statusOf('chapter/99/')).toBe(404)
      expect(site.hits.get('/flaky/1')).toBe(3)
    }
  })

  test('closes at once, also while an endless answer is on its way', async () => {
    const site = await startDemoSite()
    const response = await fetch(`${site.url}endless`)
    const reader = response.body?.getReader()
    await reader?.read()
    await site.close()
    await site.close()
    await expect(
      (async () => {
        for (;;) if ((await reader?.read())?.done !== false) throw new Error('ended')
      })(),
    ).rejects.toThrow(/terminated|ended/)
  })

  test('says so when its port is taken', async () => {
    await using site = await startDemoSite()
    await expect(startDemoSite({ port: Number(new URL(site.url).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})
