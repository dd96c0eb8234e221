import { describe, expect, test } from 'vitest'
import { failureLines } from '../../src/progress/failure-lines.ts'
import { hostLines } from '../../src/progress/host-lines.ts'
import type { HostActivity } from '../../src/monitor/crawl-monitor.ts'

function host(origin: string, changes: Partial<HostActivity> = {}): HostActivity {
  const numbers = { inFlight: 8, answers: 1204, failures: 0, bytes: 0, rate: 96.2, latency: 12.4 }
  return { origin, ...numbers, ...changes }
}
const hosts = [
  host('https://docs.example.org'),
  host('http://a.test:8080', { answers: 7, rate: 1.2, latency: 2400, failures: 12 }),
]
const long = host(`https://${'very-long-name.'.repeat(12)}example.org`)

describe('hostLines', () => {
  test('puts numbers under each other', () => {
    expect(hostLines(hosts, 100)).toEqual([
      '  docs.example.org   96/s  8 in flight  1,204 answers  12 ms   0 errors',
      '  a.test:8080       1.2/s  8 in flight      7 answers  2.4 s  12 errors',
    ])
  })

  test('leaves columns out where there is no room, and cuts names in the middle', () => {
    expect(hostLines(hosts, 40)).toEqual([
      '  docs.example.org   96/s  8 in flight',
      '  a.test:8080       1.2/s  8 in flight',
    ])
    expect(hostLines([long], 40)[0]).toMatch(/^ {2}very-lo[-\w]*…\w+\.org {2}96\/s/)
    for (let width = 0; width < 150; width++) {
      for (const line of hostLines([...hosts, long], width)) {
        expect(line.length).toBeLessThan(width)
      }
    }
    expect(hostLines([], 80)).toEqual([])
  })
})

describe('failureLines', () => {
  const at = { at: 0, attempt: 1 }
  const failures = [
    { ...at, url: `http://a.test/${'x'.repeat(300)}/end`, kind: 'http', code: '404' },
    { ...at, url: 'http://a.test/\u001B[31m', kind: 'network', code: 'ECONNRESET' },
  ]

  test('say why and where, on one line each, safe to show', () => {
    const lines = failureLines(failures, 40, (_meaning, text) => text)
    expect(lines[0]).toMatch(/^ {2}404 {6}a\.test\/xxx.*…x*\/end$/)
    expect(lines[1]).toBe('  network  a.test/ [31m')
    for (let width = 0; width < 100; width++) {
      for (const line of failureLines(failures, width, (_meaning, text) => text)) {
        expect(line.length).toBeLessThan(width)
      }
    }
  })
})
