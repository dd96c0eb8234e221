import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { moveOnAfter, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { ByteReader, frames, lines } from '../../src/index.ts'

function reader(...chunks: readonly (string | Uint8Array | number[])[]): ByteReader {
  return new ByteReader(
    Readable.from(
      chunks.map((chunk) => Buffer.from(chunk as Uint8Array)),
      { objectMode: false },
    ),
  )
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('ByteReader', () => {
  it('reads exactly so many bytes, over chunks, and says when there are fewer', async () => {
    const bytes = reader('ab', 'c', 'defg')
    expect(String(await bytes.readExactly(5))).toBe('abcde')
    expect(await bytes.readExactly(0)).toHaveLength(0)
    await expect(bytes.readExactly(3)).rejects.toMatchObject({ code: 'TRUNCATED' })
    expect(String(await bytes.read())).toBe('fg')
    expect(await bytes.isAtEnd()).toBe(true)
  })

  it('reads up to a mark that lies over a border', async () => {
    const bytes = reader('HTTP/1.1 200\r', '\n\r', '\nbody')
    expect(String(await bytes.readUntil('\r\n\r\n'))).toBe('HTTP/1.1 200\r\n\r\n')
    await expect(bytes.readUntil('\n')).rejects.toMatchObject({ code: 'TRUNCATED' })
    expect(String(await bytes.read())).toBe('body')
  })

  it('looks for no mark behind max', async () => {
    await expect(reader('abcdef\n').readUntil('\n', 6)).rejects.toMatchObject({ code: 'TOO_LONG' })
    expect(String(await reader('abcde\n').readUntil('\n', 6))).toBe('abcde\n')
  })

  it('loses no byte when cancelled', async () => {
    const source = new PassThrough()
    const bytes = new ByteReader(source)
    source.write('abc')
    expect(await moveOnAfter(10, () => bytes.readExactly(5))).toEqual({ timedOut: true })
    expect(await moveOnAfter(10, () => bytes.readUntil('\n'))).toEqual({ timedOut: true })
    expect(await moveOnAfter(10, () => all(bytes.lines()))).toEqual({ timedOut: true })
    source.end('de\n')
    expect(await all(bytes.lines())).toEqual(['abcde'])
  })

  it('knows the end of a stream that has ended before', async () => {
    const torn = new PassThrough()
    torn.on('error', () => {}).destroy(new Error('torn'))
    await sleep(1)
    await expect(new ByteReader(torn).read()).rejects.toThrow('torn')
    const over = Readable.from([], { objectMode: false }).resume()
    await once(over, 'end')
    expect(await new ByteReader(over).read()).toBeUndefined()
  })

  it('throws the error of its stream, after what had arrived', async () => {
    const source = new PassThrough()
    const bytes = new ByteReader(source)
    source.write('abc')
    expect(String(await bytes.read())).toBe('abc')
    source.destroy(new Error('torn'))
    await expect(bytes.read()).rejects.toThrow('torn')
  })
})

describe('lines', () => {
  it.each([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a\r\nb\r', '\nc'],
      ['a', 'b', 'c'],
    ],
    [['\n\n'], ['', '']],
    [['a', 'b', 'c'], ['abc']],
    [[], []],
  ])('cuts %j into %j', async (chunks, expected) => {
    expect(await all(reader(...chunks).lines())).toEqual(expected)
    expect(await all(lines(Readable.from(chunks)))).toEqual(expected)
  })

  it('decodes characters over every border of chunks', async () => {
    const text = 'zwölf\n€ 12 😀\nß'
    const bytes = Buffer.from(text)
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(await all(reader(...single).lines())).toEqual(text.split('\n'))
  })

  it('refuses a line that is too long, ended or not', async () => {
    const long = 'x'.repeat(11)
    const expected = { code: 'TOO_LONG' }
    await expect(all(reader(`ok\n${long}\n`).lines({ max: 10 }))).rejects.toMatchObject(expected)
    await expect(all(reader(long).lines({ max: 10 }))).rejects.toMatchObject(expected)
    expect(await all(reader('x'.repeat(10)).lines({ max: 10 }))).toHaveLength(1)
  })

  it('may begin late, and leaves what it did not take', async () => {
    const bytes = reader('a\r\nb\nc\nd', 'e\nf')
    await sleep(10)
    for await (const line of bytes.lines()) if (line === 'b') break
    expect(String(await bytes.readUntil('\n'))).toBe('c\n')
    expect(await all(bytes.lines())).toEqual(['de', 'f'])
  })
})

describe('a loop over lines', () => {
  it('that fails, or is left, ends its source once, and is over', async () => {
    let ended = 0
    async function* source(): AsyncGenerator<string> {
      try {
        yield 'a\nb\n'
        throw new Error('torn')
      } finally {
        ended += 1
      }
    }
    const torn = lines(source())
    expect(await torn.next()).toEqual({ done: false, value: 'a' })
    expect(await torn.next()).toEqual({ done: false, value: 'b' })
    await expect(torn.next()).rejects.toThrow('torn')
    expect(await torn.next()).toEqual({ done: true, value: undefined })
    for await (const line of lines(source())) if (line === 'a') break
    expect(ended).toBe(2)
    await lines(source()).return?.() // never begun: nothing to end
    expect(ended).toBe(2)
  })

  it('cancelled while it waits loses no line, and refuses a second reader', async () => {
    const stream = new PassThrough()
    const bytes = new ByteReader(stream)
    const loop = bytes.lines()
    const first = moveOnAfter(20, () => loop.next())
    await expect(loop.next()).rejects.toMatchObject({ code: 'BUSY' })
    expect(await first).toEqual({ timedOut: true })
    expect(await loop.next()).toEqual({ done: true, value: undefined })
    stream.write('a\nb')
    const again = bytes.lines()
    expect(await again.next()).toEqual({ done: false, value: 'a' })
    await again.return?.()
    stream.end('c\n')
    expect(await all(bytes.lines())).toEqual(['bc'])
  })
})

describe('frames', () => {
  it('cuts by the length in front', async () => {
    const source = reader([0, 2, 97], [98, 0, 0, 0], [1, 99])
    expect((await all(frames(source, { lengthBytes: 2 }))).map(String)).toEqual(['ab', '', 'c'])
    const other = Readable.from([Uint8Array.of(1, 97)])
    expect((await all(frames(other, { lengthBytes: 1 }))).map(String)).toEqual(['a'])
  })

  it('refuses one that is too long, or cut off', async () => {
    const long = frames(reader([255, 255, 255, 255]))
    await expect(all(long)).rejects.toMatchObject({ code: 'TOO_LONG' })
    for (const bytes of [[0, 2, 97], [0]]) {
      const cut = frames(reader(bytes), { lengthBytes: 2 })
      await expect(all(cut)).rejects.toMatchObject({ code: 'TRUNCATED' })
    }
  })
})
