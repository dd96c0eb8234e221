import { describe, expect, test } from 'vitest'
import { readPage, type ReadPage, type ReadPageOptions } from '../../src/page/read-page.ts'

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function read(bytes: Uint8Array, options: ReadPageOptions = {}, size = 100): Promise<ReadPage> {
  return readPage('http://a.test/', cut(bytes, size), options)
}

describe('readPage', () => {
  test('reads a page in a charset of its own, however it is cut', async () => {
    const page = Buffer.concat([
      Buffer.from(`<meta charset=koi8-r>${' '.repeat(70_000)}<title>`),
      Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]),
      Buffer.from('</title><a href=x>'),
    ])
    for (const size of [10, 1023, 1024, 65_536, 1e6]) {
      const found = await read(page, {}, size)
      expect(found).toMatchObject({
        charset: 'koi8-r',
        bytes: page.length,
        malformed: false,
        text: undefined,
        content: { title: 'Привет', links: [{ url: 'http://a.test/x' }] },
      })
    }
  })

  test('puts characters together that are cut in the middle', async () => {
    const page = Buffer.from('<title>Grüße €😀</title>'.padEnd(90_000, 'ü€😀'))
    for (const size of [7, 1024, 65_537, 1e6]) {
      const found = await read(
        page,
        { contentType: 'text/html; charset=utf-8', keepText: true },
        size,
      )
      expect(found.content.title).toBe('Grüße €😀')
      expect(found.text).toBe(page.toString())
      expect(found.malformed).toBe(false)
    }
  })

  test('says when bytes are no characters, and reads on', async () => {
    const page = Buffer.from('<title>Half \xe9 letter</title><a href=x>', 'latin1')
    const found = await read(page, { contentType: 'text/html; charset=utf-8' })
    expect(found.malformed).toBe(true)
    expect(found.content).toMatchObject({
      title: 'Half \uFFFD letter',
      links: [{ url: 'http://a.test/x' }],
    })
    const short = await read(Buffer.from('caf\xc3', 'latin1'), {
      contentType: 'text/html; charset=utf-8',
    })
    expect(short.malformed).toBe(true)
  })

  test('reads an empty page', async () => {
    expect(await read(new Uint8Array())).toMatchObject({
      bytes: 0,
      charset: 'windows-1252',
      malformed: false,
      content: { title: undefined, links: [] },
    })
  })

  test('passes on what the body throws', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('<title>')
      throw new Error('connection lost')
    }
    await expect(readPage('http://a.test/', broken())).rejects.toThrow('connection lost')
  })
})
