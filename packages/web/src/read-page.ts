import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A page with all that it needs, and the headers that keep it to itself. */
export interface Page {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Reads a page: a file with one `<style>` and one `<script>`, in front of which the shared ones are put. It may run
 * and load nothing else.
 *
 * @param file the page's HTML
 */
export function readPage(file: URL): Page {
  const parts = [
    ['style', shared('page.css')],
    ['script', `'use strict'\n${shared('page.js').replaceAll(/^export /gm, '')}`],
  ] as const
  let html = readFileSync(file, 'utf8')
  for (const [element, part] of parts) {
    html = html.replace(`<${element}>`, () => `<${element}>\n${part}`)
  }
  const policy = [
    `default-src 'none'`,
    `script-src '${hashOf(html, 'script')}'`,
    `style-src '${hashOf(html, 'style')}'`,
    `connect-src 'self'`,
    `img-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ]
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    },
  }
}

/** As far away from the sources as from what is built. */
function shared(name: string): string {
  return readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8')
}

function hashOf(html: string, element: string): string {
  const [, text = ''] = new RegExp(`<${element}>([^]*?)</${element}>`, 'u').exec(html) ?? []
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
