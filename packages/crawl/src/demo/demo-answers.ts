import { setTimeout as delay } from 'node:timers/promises'
import { html, htmlType, numbered, redirect, send, type DemoCorner } from './demo-corner.ts'
import { demoHtml } from './demo-page.ts'

/** Corners whose answer is late, elsewhere, an error, forbidden, or breaks off. */
export const demoAnswers: readonly DemoCorner[] = [
  {
    path: '/slow/*',
    links: numbered('/slow/', 6, 'Slow page'),
    answer: async (response, _hit, path) => {
      await delay(400 + 200 * Number(path.at(-1)))
      send(response, 200, htmlType, demoHtml(`Slow page ${path.at(-1)}`, 'At last.'))
    },
  },
  {
    path: '/drip',
    links: [['/drip', 'A page that comes in drops']],
    answer: async (response) => {
      response.writeHead(200, html)
      for (const part of demoHtml('Drops', 'Drop by drop.', [['/slow/1', 'Slow']]).match(
        /[^]{1,40}/g,
      ) ?? []) {
        response.write(part)
        await delay(60)
      }
      response.end()
    },
  },
  {
    path: '/old/*',
    links: numbered('/old/', 8, 'Moved page'),
    answer: (response, _hit, path) => redirect(response, `/chapter/${path.at(-1)}/`),
  },
  {
    path: '/hop/*',
    links: [['/hop/4', 'Moved four times']],
    answer: (response, _hit, path) => {
      const left = Number(path.at(-1)) - 1
      redirect(response, left === 0 ? '/chapter/1/page-1.html' : `/hop/${left}`, 302)
    },
  },
  {
    path: '/loop/*',
    links: [['/loop/a', 'Redirects in a circle']],
    answer: (response, _hit, path) => {
      const following: Record<string, string> = { a: 'b', b: 'c', c: 'a' }
      redirect(response, `/loop/${following[path.at(-1) ?? ''] ?? 'a'}`, 307)
    },
  },
  {
    path: '/chain/*',
    links: [['/chain/1', 'Redirects without an end']],
    answer: (response, _hit, path) =>
      redirect(response, `/chain/${Number(path.slice(7)) + 1}`, 302),
  },
  {
    path: '/missing/*',
    links: numbered('/missing/', 7, 'Missing page'),
    answer: (response) => send(response, 404, htmlType, demoHtml('Not here', 'Gone.')),
  },
  {
    path: '/gone',
    links: [['/gone', 'Gone for good']],
    answer: (response) => send(response, 410, 'text/plain', 'gone'),
  },
  {
    path: '/flaky/*',
    links: numbered('/flaky/', 5, 'Page that fails twice'),
    answer: (response, hit, path) => {
      if (hit <= 2) send(response, hit === 1 ? 500 : 503, 'text/plain', 'not now')
      else send(response, 200, htmlType, demoHtml(`Healed ${path.at(-1)}`, 'It works.'))
    },
  },
  {
    path: '/broken-server',
    links: [['/broken-server', 'Page that always fails']],
    answer: (response) => send(response, 500, 'text/plain', 'never'),
  },
  {
    path: '/busy',
    links: [['/busy', 'Page that asks to come back']],
    answer: (response, hit) => {
      if (hit === 1) response.writeHead(429, { 'retry-after': '1' }).end()
      else send(response, 200, htmlType, demoHtml('Not so busy', 'Welcome.'))
    },
  },
  {
    path: '/reset',
    links: [['/reset', 'A connection that breaks']],
    answer: (response) => void response.destroy(),
  },
  {
    path: '/short',
    links: [['/short', 'A body shorter than it says']],
    answer: (response) => {
      response.writeHead(200, { ...html, 'content-length': '5000' })
      response.write('<title>Short', () => response.destroy())
    },
  },
  {
    path: '/private/*',
    links: numbered('/private/', 3, 'Private page'),
    answer: (response) =>
      send(response, 200, htmlType, demoHtml('Private', 'robots.txt forbids it.')),
  },
  {
    path: '/robots.txt',
    links: [],
    answer: (response) => {
      const text =
        'User-agent: *\nDisallow: /private/\nAllow: /private/3\n\nUser-agent: slowbot\nCrawl-delay: 60\n'
      send(response, 200, 'text/plain', text)
    },
  },
]
