import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The page of the dashboard, and the headers that keep it to itself. */
export interface DashboardPage {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

/** Reads the page: one file with all that it needs, which may run and load nothing else. */
export function readDashboardPage(): DashboardPage {
  // As far away from the sources as from what is built.
  const html = readFileSync(new URL('../../assets/dashboard.html', import.meta.url), 'utf8')
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
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    },
  }
}

function hashOf(html: string, element: string): string {
  const [, text = ''] = new RegExp(`<${element}>([^]*?)</${element}>`, 'u').exec(html) ?? []
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
