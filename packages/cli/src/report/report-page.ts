import type { PageRow } from '@corral/crawl'
import { formatBytes } from '../format/format-bytes.ts'
import { formatCount } from '../format/format-count.ts'
import { formatDuration } from '../format/format-duration.ts'
import type { BrokenLink, FailureReport, HostReport, Report } from './collect-report.ts'
import { html, Html, type HtmlValue } from './html.ts'
import { reportStyle } from './report-style.ts'

/** A report as one file of HTML, that loads nothing and runs nothing. */
export function reportPage(report: Report, file: string, madeAt: Date): string {
  const sections = sectionsOf(report)
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>Crawl ${file}</title>
        <style>
          ${new Html(reportStyle)}
        </style>
      </head>
      <body>
        <h1>Crawl ${file}</h1>
        <p class="quiet">${spanOf(report)}; report of ${timeOf(madeAt.getTime())}</p>
        ${figures(report)}
        <nav>${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
        ${sections.map(
          ({ id, title, body }) =>
            html`<h2 id="${id}">${title}</h2>
              ${body}`,
        )}
      </body>
    </html> `
  return page.text.replaceAll(/^ +/gm, '')
}

interface Section {
  readonly id: string
  readonly title: string
  readonly body: Html
}

function sectionsOf(report: Report): Section[] {
  const { store, slowest, biggest, failures, redirects, hosts, broken } = report
  return [
    { id: 'answers', title: 'Answers', body: answers(store.statuses) },
    { id: 'broken', title: 'Broken links', body: brokenLinks(broken.links, broken.count) },
    { id: 'failures', title: 'Failures', body: failureTable(failures) },
    {
      id: 'redirects',
      title: 'Redirects',
      body: redirectTable(redirects.examples, redirects.count),
    },
    {
      id: 'slowest',
      title: 'Slowest pages',
      body: pageTable(slowest, 'time', (page) => millis(page.duration_ms)),
    },
    {
      id: 'biggest',
      title: 'Biggest pages',
      body: pageTable(biggest, 'size', (page) => formatBytes(page.bytes)),
    },
    { id: 'hosts', title: 'Hosts', body: hostTable(hosts.largest, hosts.count) },
  ]
}

function figures({ store, hosts }: Report): Html {
  const rows: [string, string][] = [
    ['pages', formatCount(store.pages)],
    ['failed', formatCount(store.failed)],
    ['skipped', formatCount(store.skipped)],
    ['queued', formatCount(store.queued)],
    ['hosts', formatCount(hosts.count)],
    ['bytes', formatBytes(store.bytes)],
  ]
  return html`<dl>
    ${rows.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

function answers(statuses: Readonly<Record<string, number>>): Html {
  const rows = Object.entries(statuses)
  if (rows.length === 0) return none
  const most = Math.max(...rows.map(([, count]) => count))
  return html`<table>
    ${rows.map(
      ([status, count]) =>
        html`<tr>
          <td class="n">${status}</td>
          <td class="meter"><i style="width: ${((count / most) * 100).toFixed(1)}%"></i></td>
          <td class="n">${formatCount(count)}</td>
        </tr>`,
    )}
  </table>`
}

function brokenLinks(links: readonly BrokenLink[], count: number): Html {
  if (links.length === 0) return none
  const rows = links.map(({ url, kind, code, from, count: pages }) => {
    const list = html`<ul>
      ${from.map((page) => html`<li>${link(page)}</li>`)}
    </ul>`
    const more = pages > from.length ? `, ${formatCount(from.length)} of them here` : ''
    const on = html`<details>
      <summary>on ${formatCount(pages)} ${pages === 1 ? 'page' : 'pages'}${more}</summary>
      ${list}
    </details>`
    const single = pages === 1 ? html`<div class="quiet">on ${link(from[0] ?? '')}</div>` : on
    return html`<tr>
      <td class="why">${kind === 'http' ? code : kind}</td>
      <td>${link(url)}${single}</td>
    </tr>`
  })
  return html`${shown(links.length, count)}
    <table>
      ${rows}
    </table>`
}

function failureTable(failures: readonly FailureReport[]): Html {
  if (failures.length === 0) return none
  const rows = failures.map(({ kind, code, message, count, examples }) => {
    const list = html`<ul>
      ${examples.map((url) => html`<li>${link(url)}</li>`)}
    </ul>`
    const summary = examples.length < count ? `${examples.length} of them` : 'which'
    const open = html`<details>
      <summary>${summary}</summary>
      ${list}
    </details>`
    const which = count === 1 ? html`<div>${link(examples[0] ?? '')}</div>` : open
    return html`<tr>
      <td class="n">${formatCount(count)}</td>
      <td class="why">${kind}</td>
      <td class="why">${code}</td>
      <td>${message}${which}</td>
    </tr>`
  })
  return html`<table>
    <tr>
      <th class="n">URLs</th>
      <th>kind</th>
      <th>code</th>
      <th>the first of them said</th>
    </tr>
    ${rows}
  </table>`
}

function redirectTable(pages: readonly PageRow[], count: number): Html {
  if (pages.length === 0) return none
  const rows = pages.map(
    ({ status, url, redirect_url: target }) =>
      html`<tr>
        <td class="n">${status}</td>
        <td>${link(url)}</td>
        <td>${link(target ?? '')}</td>
      </tr>`,
  )
  return html`${shown(pages.length, count)}
    <table>
      <tr>
        <th class="n">status</th>
        <th>from</th>
        <th>to</th>
      </tr>
      ${rows}
    </table>`
}

function pageTable(
  pages: readonly PageRow[],
  name: string,
  value: (page: PageRow) => string,
): Html {
  if (pages.length === 0) return none
  const rows = pages.map(
    (page) =>
      html`<tr>
        <td class="n">${value(page)}</td>
        <td>
          ${link(page.url)}
          <div class="quiet">${page.title ?? ''}</div>
        </td>
      </tr>`,
  )
  return html`<table>
    <tr>
      <th class="n">${name}</th>
      <th>page</th>
    </tr>
    ${rows}
  </table>`
}

function hostTable(hosts: readonly HostReport[], count: number): Html {
  if (hosts.length === 0) return none
  const rows = hosts.map(({ origin, pages, failed, bytes, time }) => {
    const numbers = [formatCount(pages), formatCount(failed), formatBytes(bytes)]
    return html`<tr>
      <td>${link(`${origin}/`, origin)}</td>
      ${cells([...numbers, pages === 0 ? '' : millis(time / pages)])}
    </tr>`
  })
  const heads = ['pages', 'failed', 'bytes', 'time a page']
  return html`${shown(hosts.length, count)}
    <table>
      <tr>
        <th>host</th>
        ${heads.map((head) => html`<th class="n">${head}</th>`)}
      </tr>
      ${rows}
    </table>`
}

function cells(values: readonly HtmlValue[]): Html[] {
  return values.map((value) => html`<td class="n">${value}</td>`)
}

const none = html`<p class="quiet">none</p>`

function shown(here: number, all: number): Html {
  if (here === all) return html``
  return html`<p class="quiet">${formatCount(here)} of ${formatCount(all)}</p>`
}

/** What is no address of the web is text only: following it could run it. */
function link(url: string, text = url): Html {
  return /^https?:\/\//.test(url) ? html`<a href="${url}">${text}</a>` : html`${text}`
}

function millis(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : formatDuration(ms)
}

function spanOf({ from, to }: Report): string {
  if (from === undefined || to === undefined) return 'nothing fetched yet'
  return `fetched from ${timeOf(from)} to ${timeOf(to)}`
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
