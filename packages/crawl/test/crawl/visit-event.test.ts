import { join } from 'node:path'
import { taskGroup } from 'corral'
import { expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { VisitEvent } from '../../src/crawl/visit-event.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { page, testSite } from './test-site.ts'

test('onVisit is told how every request starts and ends, those that are made again included', async () => {
  const site = await testSite((response, path, hit) => {
    if (path === '/') response.end(page(['/gone', '/late']))
    else if (path === '/late' && hit === 2) response.end(page([]))
    else response.writeHead(path === '/late' ? 503 : 404).end()
  })
  const told: VisitEvent[] = []
  await crawl({
    seeds: [`${site.origin}/`],
    store: join(temporaryDirectory(), 'crawl.db'),
    limits: { retryDelay: 1 },
    onVisit: (event) => told.push(event),
  })
  expect(new Set(told.map(({ origin }) => origin))).toEqual(new Set([site.origin]))
  const of = (path: string): unknown[] =>
    told
      .filter(({ url }) => url === site.origin + path)
      .map((event) => [event.type, event.attempt, event.type === 'page' ? event.status : ''])
  expect(of('/')).toEqual([
    ['start', 1, ''],
    ['page', 1, 200],
  ])
  expect(of('/late')).toEqual([
    ['start', 1, ''],
    ['failure', 1, ''],
    ['start', 2, ''],
    ['page', 2, 200],
  ])
  expect(told.at(-1)).toHaveProperty('duration', expect.any(Number))
  expect(
    told.find((event) => event.type === 'failure' && event.url.endsWith('/gone')),
  ).toMatchObject({ kind: 'http', code: '404' })
})

test('onVisit is told of what a cancellation cuts short', async () => {
  const told: string[] = []
  await taskGroup(async (group) => {
    const site = await testSite(() => group.cancel('enough'))
    await crawl({
      seeds: [`${site.origin}/`],
      store: join(temporaryDirectory(), 'crawl.db'),
      obeyRobots: false,
      onVisit: ({ type }) => told.push(type),
    })
  })
  expect(told).toEqual(['start', 'cancelled'])
})

test('onVisit is told of what is not visited, since the robots.txt of its host cannot be had', async () => {
  const site = await testSite((response) => response.end(page([])))
  await site.close()
  const told: unknown[] = []
  await crawl({
    seeds: [`${site.origin}/`],
    store: join(temporaryDirectory(), 'crawl.db'),
    limits: { attempts: 1, retryDelay: 1 },
    onVisit: (event) => told.push([event.type, event.type === 'failure' && event.kind]),
  })
  expect(told).toEqual([
    ['start', false],
    ['failure', 'network'],
  ])
})
