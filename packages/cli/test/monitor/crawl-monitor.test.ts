import { describe, expect, test } from 'vitest'
import type { VisitEvent } from '@corral/crawl'
import { CrawlMonitor } from '../../src/monitor/crawl-monitor.ts'
import { latencyBounds, LatencyHistogram } from '../../src/monitor/latency-histogram.ts'
import { TimeSeries } from '../../src/monitor/time-series.ts'
import { progressOf } from '../crawl-progress.ts'

const of = (path: string, host = 'a', attempt = 1) => {
  return { url: `http://${host}.test${path}`, origin: `http://${host}.test`, attempt }
}
const start = (path: string, host?: string): VisitEvent => ({ ...of(path, host), type: 'start' })
const page = (path: string, host?: string): VisitEvent => {
  return { ...of(path, host), type: 'page', status: 200, bytes: 100, duration: 8 }
}
const failure = (path: string, attempt = 1): VisitEvent => {
  const [kind, code, message] = ['http', '503', 'status 503']
  return { ...of(path, 'a', attempt), type: 'failure', kind, code, message, duration: 4 }
}

describe('CrawlMonitor', () => {
  test('knows hosts, statuses and failures', () => {
    const monitor = new CrawlMonitor()
    for (const event of [start('/'), page('/'), start('/x'), failure('/x'), start('/y')]) {
      monitor.observe(event, 1000)
    }
    monitor.observe(start('/', 'b'), 1000)
    monitor.observe({ ...of('/', 'b'), type: 'cancelled' }, 1000)
    expect(monitor.busiest(5, 1000)).toMatchObject([
      { origin: 'http://a.test', inFlight: 1, answers: 1, failures: 1, bytes: 100 },
      { origin: 'http://b.test', inFlight: 0, answers: 0, failures: 0, rate: 0 },
    ])
    expect(monitor.hostsSeen).toBe(2)
    expect(monitor.statuses).toEqual([
      ['200', 1],
      ['503', 1],
    ])
    expect(monitor.lastFailures(9)).toEqual([
      { at: 1000, url: 'http://a.test/x', kind: 'http', code: '503', attempt: 1 },
    ])
  })

  test('tells of a URL that fails again only the last time, and of the latest first', () => {
    const monitor = new CrawlMonitor()
    for (const event of [failure('/x'), failure('/y'), failure('/x', 2)]) monitor.observe(event, 1)
    expect(monitor.lastFailures(9).map(({ url, attempt }) => [url.slice(-1), attempt])).toEqual([
      ['x', 2],
      ['y', 1],
    ])
    expect(monitor.lastFailures(1)).toHaveLength(1)
  })

  test('keeps little of 100 000 hosts and failures, and none of those in use is forgotten', () => {
    const monitor = new CrawlMonitor()
    monitor.observe(start('/', 'busy'), 0)
    for (let i = 0; i < 100_000; i++) {
      monitor.observe(start('/', `h${i}`), i)
      monitor.observe(page('/', `h${i}`), i)
      if (i % 10 === 0) monitor.observe(failure(`/${i}`), i)
    }
    expect(monitor.hostsSeen).toBeGreaterThanOrEqual(100_001)
    const known = monitor.busiest(Infinity, 100_000)
    expect(known.length).toBeLessThanOrEqual(1000)
    expect(known.find(({ origin }) => origin === 'http://busy.test')).toMatchObject({ inFlight: 1 })
    expect(monitor.lastFailures(1000)).toHaveLength(50)
  })

  test('says how busy a host is of late', () => {
    const monitor = new CrawlMonitor()
    for (let now = 0; now < 20_000; now += 100) monitor.observe(page('/'), now)
    expect(monitor.busiest(1, 20_000)[0]?.rate).toBeCloseTo(10, 0)
    expect(monitor.busiest(1, 40_000)[0]?.rate).toBeLessThan(0.1)
  })
})

test('hosts that are about as busy keep their places', () => {
  const monitor = new CrawlMonitor()
  const order = (): string[] => monitor.busiest(3, 1000).map(({ origin }) => origin.slice(7, 8))
  for (let i = 0; i < 75; i++) monitor.observe(page('/', 'cab'.charAt(i % 3)), 1000)
  expect(order()).toEqual(['a', 'b', 'c'])
  monitor.observe(page('/', 'c'), 1000)
  expect(order()).toEqual(['a', 'b', 'c'])
  for (let i = 0; i < 60; i++) monitor.observe(page('/', 'c'), 1000)
  expect(order()).toEqual(['c', 'a', 'b'])
})

describe('LatencyHistogram', () => {
  test('counts in buckets, and estimates quantiles within them', () => {
    const histogram = new LatencyHistogram()
    expect(histogram.quantile(0.5)).toBe(0)
    for (let ms = 1; ms <= 100; ms++) histogram.add(ms)
    expect(histogram.counts[latencyBounds.indexOf(50)]).toBe(30)
    expect(histogram.quantile(0.5)).toBeCloseTo(50)
    expect(histogram.quantile(0.95)).toBeCloseTo(95)
    histogram.add(60_000)
    expect(histogram.counts.at(-1)).toBe(1)
    expect(histogram.quantile(1)).toBe(20_000)
  })
})

describe('TimeSeries', () => {
  test('covers a crawl of any length in a bounded number of points', () => {
    const series = new TimeSeries()
    for (let second = 1; second <= 100_000; second++) {
      series.add(progressOf({ elapsed: second * 1000, newPages: second * 7 }))
    }
    expect(series.points.length).toBeLessThan(240)
    expect(series.points.length).toBeGreaterThan(100)
    expect(series.points[0]?.at).toBeLessThan(2000)
    expect(series.points.at(-1)?.at).toBeGreaterThan(98_000)
    for (const { rate } of series.points) expect(rate).toBeCloseTo(7)
  })
})
