import { crawl, StoreReader } from '@corral/crawl'
import { run } from 'corral'
import { describe, expect, it } from 'vitest'
import { toCsv } from '../src/csv.ts'
import { compare, findingsOf } from '../src/findings.ts'
import type { Finding } from '../src/findings.ts'
import { openSite } from './site.ts'
import { temporaryFolder } from './temporary-folder.ts'

const broken = (url: string): Finding => ({ kind: 'broken', url, detail: '', linkedFrom: [] })

describe('what is found', () => {
  it('is each broken link, redirect to a redirect, slow page and page without a title, with the pages that link there', async () => {
    await using site = await openSite({
      '/': `<title>home</title><a href=/gone>x</a><a href=/one>y</a><a href=/bare>z</a><a href=/late>l</a>`,
      '/one': { redirect: '/two' },
      '/two': { redirect: '/three' },
      '/three': '<title>three</title><a href=/gone>x</a>',
      '/bare': '<p>no title',
      '/late': { html: '<title>late</title>', after: 400 },
    })
    const store = `${temporaryFolder()}/crawl.db`
    await run(() => crawl({ seeds: [site.url], store }))
    using reader = new StoreReader(store)
    const found = findingsOf(reader, 300).map((one) => ({
      ...one,
      detail: one.kind === 'slow' ? '' : one.detail,
    }))
    const url = (path: string): string => new URL(path, site.url).href
    expect(found.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual([
      {
        kind: 'broken',
        url: url('/gone'),
        detail: 'status 404',
        linkedFrom: [url('/'), url('/three')],
      },
      {
        kind: 'redirects',
        url: url('/one'),
        detail: `2 redirects, to ${url('/three')}`,
        linkedFrom: [url('/')],
      },
      { kind: 'slow', url: url('/late'), detail: '', linkedFrom: [url('/')] },
      { kind: 'untitled', url: url('/bare'), detail: 'no title', linkedFrom: [url('/')] },
    ])
  })

  it('has changed since the check before: each finding of both once', () => {
    const changes = compare([broken('/a'), broken('/b')], [broken('/b'), broken('/c')])
    expect(changes.map(({ finding, change }) => `${finding.url} ${change}`)).toEqual([
      '/b stayed',
      '/c appeared',
      '/a mended',
    ])
  })

  it('is exported as a table in which nothing is a formula', async () => {
    async function* rows() {
      yield {
        kind: 'broken',
        change: 'stayed',
        url: '=1+1',
        detail: 'a "b", c',
        linked_from: 'x\ny',
      } as const
    }
    const text = (await Array.fromAsync(toCsv(rows()))).join('')
    expect(text).toBe(
      `kind,change,url,detail,linked_from\r\nbroken,stayed,'=1+1,"a ""b"", c","x\ny"\r\n`,
    )
  })
})
