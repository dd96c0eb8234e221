import { describe, expect, test } from 'vitest'
import { openDisplay } from '../../src/display/open-display.ts'
import { progressOf } from '../crawl-progress.ts'

function streams(isTTY: boolean, env: Record<string, string> = { LANG: 'C.UTF-8' }) {
  const written = { stdout: '', stderr: '' }
  return {
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
    display.update(progressOf())
    display.end()
    expect(display.interval).toBeGreaterThanOrEqual(100)
    expect(to.written.stderr).toContain('begins\n')
    expect(to.written.stderr).toContain(' · 1,234 pages · ')
    expect(to.written.stderr.endsWith('\r\u001B[J')).toBe(true)
    expect(to.written.stdout).toBe('')
  })

  test('keeps to ASCII where the locale has no more', () => {
    const to = streams(true, { LANG: 'C' })
    openDisplay(options, to).update(progressOf())
    expect(to.written.stderr).toContain('##.......... 19% | 1,234 pages')
    expect(to.written.stderr).toMatch(/^[\0-\x7f]*$/)
  })

  test.each([
    ['piped', streams(false)],
    ['on a dumb terminal', streams(true, { TERM: 'dumb' })],
  ])('writes lines every few seconds when it is %s', (_where, to) => {
    const display = openDisplay(options, to)
    display.update(progressOf({ elapsed: 0 }))
    expect(to.written.stderr).toBe('')
    display.update(progressOf())
    display.update(progressOf({ elapsed: 12_500 }))
    display.end()
    expect(to.written.stderr).toBe(
      '12 s: 1,234 pages, 312/s, 5,012 queued, 64 in flight, 3 failed\n',
    )
  })

  test('writes JSON to stdout for machines, and nothing else', () => {
    const to = streams(true)
    const display = openDisplay({ ...options, json: true }, to)
    display.note('begins')
    display.update(progressOf())
    display.end()
    expect(to.written.stderr).toBe('')
    expect(JSON.parse(to.written.stdout)).toEqual({ type: 'progress', ...progressOf() })
  })

  test('is silent when it is asked to be', () => {
    const to = streams(true)
    const display = openDisplay({ ...options, quiet: true }, to)
    display.note('begins')
    display.update(progressOf())
    display.end()
    expect(to.written).toEqual({ stdout: '', stderr: '' })
  })
})
