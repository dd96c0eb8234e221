import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Event, taskGroup } from 'corral'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { graph, page, testSite } from '../crawl/test-site.ts'
import { WarcWriter } from '../../src/warc/warc-writer.ts'

interface Read {
  readonly fields: Readonly<Record<string, string>>
  readonly block: Buffer
}

/** Reads a WARC file strictly: members, heads, lengths and the two line ends after each block. */
function readWarc(file: string): Read[] {
  const all = gunzipSync(readFileSync(file))
  const records: Read[] = []
  for (let at = 0; at < all.length;) {
    const end = all.indexOf('\r\n\r\n', at)
    const [version, ...lines] = all.toString('utf8', at, end).split('\r\n')
    expect(version).toBe('WARC/1.1')
    const fields = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
    )
    const start = end + 4
    const length = Number(fields['Content-Length'])
    const block = all.subarray(start, start + length)
    expect(all.toString('latin1', start + length, start + length + 4)).toBe('\r\n\r\n')
    records.push({ fields, block })
    at = start + length + 4
  }
  return records
}

function filesIn(directory: string): string[] {
  return readdirSync(directory)
    .toSorted()
    .map((name) => join(directory, name))
}

function recordsIn(directory: string): Read[] {
  return filesIn(directory).flatMap(readWarc)
}

describe('crawl with warc', () => {
  test('archives every answer with its request, whole and unpacked', async () => {
    const picture = Buffer.alloc(200_000, 7)
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') return response.writeHead(404).end('no robots')
      if (path === '/picture') {
        return response.writeHead(200, { 'content-type': 'image/png' }).end(picture)
      }
      if (path === '/moved') return response.writeHead(301, { location: '/' }).end('moved')
      return response
        .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
        .end(gzipSync(page(['/picture', '/moved', '/'])))
    })
    const directory = temporaryDirectory()
    await crawl({
      seeds: [`${site.origin}/`],
      store: join(temporaryDirectory(), 'crawl.db'),
      warc: directory,
      userAgent: 'cow/1',
    })
    const records = recordsIn(directory)
    const summary = records.map(
      ({ fields }) =>
        `${fields['WARC-Type']} ${fields['WARC-Target-URI']?.replace(site.origin, '')}`,
    )
    expect(summary[0]).toBe('warcinfo undefined')
    expect(summary.slice(1).toSorted()).toEqual(
      ['/', '/moved', '/picture', '/robots.txt']
        .flatMap((path) => [`request ${path}`, `response ${path}`])
        .toSorted(),
    )
    const of = (type: string, path: string): Read => {
      const found = records.find(
        ({ fields }) =>
          fields['WARC-Type'] === type && fields['WARC-Target-URI'] === site.origin + path,
      )
      if (found === undefined) throw new Error(path)
      return found
    }
    const home = of('response', '/').block.toString()
    expect(home).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(home).toContain('X-Crawler-content-encoding: gzip\r\n')
    expect(home.endsWith(page(['/picture', '/moved', '/']))).toBe(true)
    expect(of('response', '/picture').block.subarray(-picture.length)).toEqual(picture)
    expect(of('request', '/moved').block.toString()).toMatch(
      /^GET \/moved HTTP\/1\.1\r\nhost: 127.*user-agent: cow\/1/s,
    )
    expect(of('response', '/').fields).toMatchObject({
      'WARC-IP-Address': '127.0.0.1',
      'WARC-Concurrent-To': of('request', '/').fields['WARC-Record-ID'],
      'Content-Type': 'application/http; msgtype=response',
    })
    for (const { fields, block } of records) {
      const [kind, digest = ''] = fields['WARC-Block-Digest']?.split(':') ?? []
      expect(kind).toBe('sha1')
      expect(decode32(digest)).toEqual(createHash('sha1').update(block).digest())
    }
  })

  test('says what did not change, and what was cut', async () => {
    const site = await testSite((response, path, _hit, request) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      if (path === '/long') {
        return response.writeHead(200, { 'content-type': 'text/html' }).end('x'.repeat(500_000))
      }
      if (request.headers['if-none-match'] === '"1"') return response.writeHead(304).end()
      return response
        .writeHead(200, { 'content-type': 'text/html', etag: '"1"' })
        .end(page(['/long']))
    })
    const [first, second] = [temporaryDirectory(), temporaryDirectory()]
    const options = {
      seeds: [`${site.origin}/`],
      store: join(temporaryDirectory(), 'crawl.db'),
      limits: { maxBytes: 100_000 },
    }
    await crawl({ ...options, warc: first })
    const cut = recordsIn(first).find(({ fields }) => fields['WARC-Truncated'] !== undefined)
    expect(cut?.fields).toMatchObject({
      'WARC-Truncated': 'length',
      'WARC-Target-URI': `${site.origin}/long`,
    })
    await crawl({ ...options, warc: second, refreshAfter: 0 })
    expect(
      recordsIn(second).find(({ fields }) => fields['WARC-Type'] === 'revisit')?.fields,
    ).toMatchObject({
      'WARC-Profile': 'http://netpreserve.org/warc/1.1/revisit/server-not-modified',
    })
  })

  test('has every page that is stored, also when it is cut short and gone on with', async () => {
    const answer = graph(300)
    const enough = new Event()
    const site = await testSite((response, path, hit, request) => {
      if (path === '/100') enough.set()
      answer(response, path, hit, request)
    })
    const directory = temporaryDirectory()
    const options = {
      seeds: [`${site.origin}/0`],
      store: join(temporaryDirectory(), 'crawl.db'),
      warc: directory,
    }
    await taskGroup(async (group) => {
      group.spawn(() => crawl(options))
      await enough.wait()
      group.cancel()
    })
    await crawl(options)
    expect(filesIn(directory).length).toBe(2)
    const archived = new Set(
      recordsIn(directory).flatMap(({ fields }) =>
        fields['WARC-Type'] === 'response' ? [fields['WARC-Target-URI']] : [],
      ),
    )
    for (let number = 0; number < 300; number++) {
      expect(archived).toContain(`${site.origin}/${number}`)
    }
  })

  test('ends when it cannot be written, with nothing stored that is not archived', async () => {
    const site = await testSite(graph(10))
    const run = crawl({
      seeds: [`${site.origin}/0`],
      store: join(temporaryDirectory(), 'crawl.db'),
      warc: join(temporaryDirectory(), 'not-there'),
    })
    await expect(run).rejects.toMatchObject({
      name: 'WarcError',
      code: 'WARC_FAILED',
      message: expect.stringMatching(
        /^WARC file \S+ cannot be written: ENOENT.*name another directory$/,
      ),
    })
  })
})

test('WarcWriter begins a new file when one is full, and keeps records together', async () => {
  const directory = temporaryDirectory()
  await using writer = new WarcWriter({ directory, software: 'x', maxFileSize: 2000 })
  const record = {
    type: 'response',
    contentType: 'text/plain',
    at: 0,
    head: 'x'.repeat(100),
  } as const
  await Promise.all(
    Array.from({ length: 20 }, () =>
      writer.write(
        () => record,
        () => record,
      ),
    ),
  )
  expect(writer.files.length).toBeGreaterThan(2)
  const counts = writer.files.map((file) => readWarc(file).length)
  expect(counts.every((count) => count % 2 === 1)).toBe(true)
  expect(counts.reduce((sum, count) => sum + count - 1, 0)).toBe(40)
})

function decode32(text: string): Buffer {
  let bits = ''
  for (const letter of text) {
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  }
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
}
