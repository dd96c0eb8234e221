import { describe, expect, test } from 'vitest'
import {
  BrokenError,
  ClosedError,
  MisuseError,
  moveOnAfter,
  now,
  sleep,
  spawn,
} from '../../src/index.ts'
import { explore, Link, testRun, waitAllBlocked } from '../../src/testing.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (text: string) => new TextEncoder().encode(text)

describe('Link', () => {
  test('what is written at one end is read at the other, in order, after its latency', async () => {
    await testRun(async () => {
      const link = new Link<number>({ latency: 5 })
      await link.a.write(0)
      await sleep(2)
      await link.a.write(1)
      expect(await link.b.read()).toBe(0)
      expect(now()).toBe(5)
      expect(await link.b.read()).toBe(1)
      expect(now()).toBe(7)
      await link.b.write(2)
      expect(await link.a.read()).toBe(2)
      expect(now()).toBe(12)
    })
  })

  test('jitter never changes the order', async () => {
    await testRun(async () => {
      const link = new Link<number>({ latency: 5, jitter: 50 })
      for (let i = 0; i < 100; i++) await link.a.write(i)
      await link.a.close()
      const read: number[] = []
      for await (const item of link.b) read.push(item)
      expect(read).toEqual(Array.from({ length: 100 }, (_, i) => i))
    })
  })

  test('drop loses some chunks and not others, by the seed', async () => {
    const survivors = (seed: number) =>
      testRun(
        async () => {
          const link = new Link<number>({ drop: 0.5 })
          for (let i = 0; i < 100; i++) await link.a.write(i)
          await link.a.close()
          const read: number[] = []
          for await (const item of link.b) read.push(item)
          return read
        },
        { seed },
      )
    const first = await survivors(1)
    expect(first.length).toBeGreaterThan(20)
    expect(first.length).toBeLessThan(80)
    expect(await survivors(1)).toEqual(first)
    expect(await survivors(2)).not.toEqual(first)
  })

  test('split cuts bytes anywhere and loses none', async () => {
    await testRun(async () => {
      const link = new Link({ split: true })
      const message = 'GET / HTTP/1.1\r\nhost: example\r\n\r\n'
      for (let i = 0; i < 20; i++) await link.a.write(bytes(message))
      await link.a.close()
      const chunks: string[] = []
      for await (const chunk of link.b) chunks.push(text(chunk))
      expect(chunks.length).toBeGreaterThan(20)
      expect(chunks.join('')).toBe(message.repeat(20))
    })
  })

  test('a partition holds everything up and loses nothing', async () => {
    await testRun(async () => {
      const link = new Link<string>({ latency: 1 })
      link.partition()
      await link.a.write('late')
      expect(await moveOnAfter(100, () => link.b.read())).toEqual({ timedOut: true })
      const reader = spawn(() => link.b.read())
      await waitAllBlocked()
      link.heal()
      expect(await reader).toBe('late')
      expect(now()).toBe(100)
    })
  })

  test('a read that is cancelled takes nothing and leaves no timer', async () => {
    await testRun(async () => {
      const link = new Link<string>({ latency: 50 })
      await link.a.write('x')
      expect(await moveOnAfter(10, () => link.b.read())).toEqual({ timedOut: true })
      expect(await link.b.read()).toBe('x')
    })
  })

  test('a closed end refuses, and the other end reads on to the end', async () => {
    await testRun(async () => {
      const link = new Link<string>()
      const reader = spawn(() => link.a.read().catch((error: unknown) => error))
      await waitAllBlocked()
      await link.a.write('last')
      await link.a.close()
      await link.a.close()
      expect(await reader).toBeInstanceOf(ClosedError)
      await expect(link.a.write('more')).rejects.toThrow(ClosedError)
      await expect(link.a.read()).rejects.toThrow('LinkEnd.read: this end is closed')
      expect(await link.b.read()).toBe('last')
      expect(await link.b.read()).toBeUndefined()
      expect(await link.b.read()).toBeUndefined()
    })
  })

  test('a broken link fails those who wait and those who come', async () => {
    await testRun(async () => {
      const link = new Link<string>()
      const reader = spawn(() => link.b.read().catch((error: unknown) => error))
      await waitAllBlocked()
      link.break()
      expect(await reader).toBeInstanceOf(BrokenError)
      await expect(link.a.write('x')).rejects.toThrow(BrokenError)
      await expect(link.a.read()).rejects.toThrow(BrokenError)
    })
  })

  test('options are checked', () => {
    expect(() => new Link({ drop: 2 })).toThrow('Link: drop must be a number from 0 to 1, got 2')
    expect(() => new Link({ latency: -1 })).toThrow(MisuseError)
  })

  test('a protocol that trusts in chunks is found out by split', async () => {
    const main = async (): Promise<void> => {
      const link = new Link({ split: true })
      const server = spawn(async () => text((await link.b.read()) as Uint8Array))
      await link.a.write(bytes('hello\n'))
      await link.a.close()
      if (!(await server).endsWith('\n')) throw new Error('half a line')
    }
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map((seed) =>
        explore(main, { seed, budget: 50 }).then(
          () => 'passes',
          () => 'fails',
        ),
      ),
    )
    expect(outcomes).toContain('fails')
  })
})
