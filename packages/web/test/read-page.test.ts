import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readPage } from '../src/read-page.ts'

describe('readPage', () => {
  const { html, headers } = readPage(new URL('clock.html', import.meta.url))

  test('puts the shared parts in front of the page’s own', () => {
    expect(html).toMatch(/<style>\n:root \{[^]*#state \{[^]*<\/style>/)
    expect(html).toMatch(/<script>\n'use strict'[^]*function fill[^]*connect\(\(state\)/)
  })

  test('allows exactly the script and the styles that it has', () => {
    const policy = headers['content-security-policy']
    for (const element of ['script', 'style']) {
      const [, text = ''] = new RegExp(`<${element}>([^]*)</${element}>`).exec(html) ?? []
      const hash = createHash('sha256').update(text).digest('base64')
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`)
    }
  })
})
