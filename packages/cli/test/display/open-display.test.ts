import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { openDisplay } from '../../src/display/open-display.ts'
import type { CrawlMonitor } from '../../src/monitor/crawl-monitor.ts'
import { monitorOf } from '../crawl-progress.ts'
import { TerminalScreen } from '../terminal-screen.ts'

function streams(isTTY: boolean, env: Record<string, string> = { LANG: 'C.UTF-8', NO_COLOR: '1' }) {
  const written = { stdout: '', stderr: '' }
  const process = new EventEmitter()
  return {
    process,
    once: process.once.bind(process),
    off: process.off.bind(process),
    written,
    env,
    stdout: { write: (text: string) => void (written.stdout += text) },
    stderr: { isTTY, columns: 100, write: (text: string) => void (written.stderr += text) },
  }
}

const options = { json: false, quiet: false, maxPages: undefined }

describe('openDisplay', () => {
  test('draws a live line on a terminal, at most ten times a second', () => {
    const to = streams(true)
    const display = openDisplay(options, to)
    display.note('begins')
    display.update(monitorOf())
    display.end()
    expect(display.interval).toBeGreaterThanOrEqual(100)
    expect(to.written.stderr).toContain('begins\n')
    expect(to.written.stderr).toContain(' · 1,234 pages · ')
    expect(to.process.eventNames()).toEqual([])
    expect(to.written.stderr.endsWith('\r\u001B[J')).toBe(true)
    expect(to.written.stdout).toBe('')
  })

  test('keeps to ASCII where the locale has no more', () => {
    const to = streams(true, { LANG: 'C', NO_COLOR: '1' })
    openDisplay(options, to).update(monitorOf())
    expect(to.written.stderr).toContain('##.......... 19% | 1,234 pages')
    expect(to.written.stderr).toMatch(/^[\0-\x7f]*$/)
  })

  test.each([
    ['piped', streams(false)],
    ['on a dumb terminal', streams(true, { TERM: 'dumb' })],
  ])('writes lines every few seconds when it is %s', (_where, to) => {
    const display = openDisplay(options, to)
    display.update(monitorOf({ elapsed: 0 }))
    expect(to.written.stderr).toBe('')
    display.update(monitorOf())
    display.update(monitorOf({ elapsed: 12_500 }))
    display.end()
    expect(to.written.stderr).toBe(
      '12 s: 1,234 pages, 312/s, 5,012 queued, 64 in flight, 3 failed\n',
    )
  })

  test('writes JSON to stdout for machines, and nothing else', () => {
    const to = streams(true)
    const display = openDisplay({ ...options, json: true }, to)
    display.note('begins')
    display.update(monitorOf())
    display.end()
    expect(to.written.stderr).toBe('')
    expect(JSON.parse(to.written.stdout)).toEqual({ type: 'progress', ...monitorOf().progress })
  })

  test('is silent when it is asked to be', () => {
    const to = streams(true)
    const display = openDisplay({ ...options, quiet: true }, to)
    display.note('begins')
    display.update(monitorOf())
    display.end()
    expect(to.written).toEqual({ stdout: '', stderr: '' })
  })

  test.each(['exit', 'uncaughtExceptionMonitor'])('leaves a clean terminal at %s', (event) => {
    const to = streams(true)
    const display = openDisplay(options, to)
    display.update(monitorOf())
    expect(to.written.stderr.endsWith('\u001B[J')).toBe(false)
    to.process.emit(event)
    expect(to.written.stderr.endsWith('\r\u001B[J')).toBe(true)
    to.written.stderr = ''
    display.end()
    expect(to.written.stderr).toBe('')
  })

  test('shows the busiest hosts and the last failures, as many as there is room for', () => {
    const lines = (rows: number): string[] => {
      const screen = new TerminalScreen(90, rows)
      const stderr = Object.assign(screen, { isTTY: true })
      openDisplay(options, { ...streams(true), stderr }).update(busyMonitor())
      return screen.lines
    }
    expect(lines(24).map((line) => line.split(/ {2,}\d+\.\d/)[0]?.slice(0, 18))).toEqual([
      '██░░░░░░░░░░ 19% ·',
      '  h0.test',
      '  h1.test',
      '  h2.test',
      '  h3.test',
      '  404  h0.test/5x',
      '  404  h0.test/4x',
      '  404  h0.test/3x',
    ])
    expect(lines(6)).toHaveLength(4)
    expect(lines(3)).toHaveLength(1)
    expect(lines(1)).toHaveLength(1)
  })

  test('has colours unless nobody wants them', () => {
    const colours = (env: Record<string, string>): number => {
      const screen = new TerminalScreen(90)
      const stderr = Object.assign(screen, { isTTY: true })
      openDisplay(options, { ...streams(true, env), stderr }).update(busyMonitor())
      return screen.colours
    }
    expect(colours({ LANG: 'C' })).toBeGreaterThan(0)
    expect(colours({ LANG: 'C', NO_COLOR: '' })).toBeGreaterThan(0)
    expect(colours({ LANG: 'C', NO_COLOR: '1' })).toBe(0)
  })
})

function busyMonitor(): CrawlMonitor {
  const monitor = monitorOf()
  for (let host = 0; host < 9; host++) {
    const origin = `http://h${host}.test`
    for (let page = 0; page < 20 - host; page++) {
      const of = { origin, url: `${origin}/${page}`, attempt: 1, duration: 12 }
      monitor.observe({ ...of, type: 'page', status: 200, bytes: 9 })
    }
  }
  for (let i = 0; i < 6; i++) {
    const of = { origin: 'http://h0.test', url: `http://h0.test/${i}x`, attempt: 1, duration: 12 }
    monitor.observe({ ...of, type: 'failure', kind: 'http', code: '404', message: '' })
  }
  return monitor
}
