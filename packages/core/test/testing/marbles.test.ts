import { describe, expect, test } from 'vitest'
import { MisuseError, now, sleep } from '../../src/index.ts'
import { drawMarbles, marbles, testRun } from '../../src/testing.ts'

describe('marbles', () => {
  test('items come at their times, and the source ends at its time', async () => {
    const seen: [string, number][] = []
    const end = await testRun(async () => {
      for await (const item of marbles('-a--(bc) -|')) seen.push([item, now()])
      return now()
    })
    expect(seen).toEqual([
      ['a', 1],
      ['b', 4],
      ['c', 4],
    ])
    expect(end).toBe(6)
  })

  test('letters stand for values, falsy ones too, and a unit may be long', async () => {
    const seen: unknown[] = []
    await testRun(async () => {
      const values = { a: 0, b: undefined, c: null }
      for await (const item of marbles<unknown>('a-b-c|', { values, unit: 1000 })) {
        seen.push(item, now())
      }
    })
    expect(seen).toEqual([0, 0, undefined, 2000, null, 4000])
  })

  test('# throws, and a drawing without an end never ends', async () => {
    await testRun(async () => {
      await expect(drawMarbles(marbles('a-#', { error: new Error('mine') }))).resolves.toBe('a-#')
    })
    await expect(testRun(() => drawMarbles(marbles('a')))).rejects.toThrow('deadlock')
  })

  test('what is no drawing is refused', () => {
    expect(() => marbles('a(b|')).toThrow(MisuseError)
    expect(() => marbles('a)b|')).toThrow('marbles: drawing must be a line such as -a-(bc)|')
    expect(() => marbles('(a-b)|')).toThrow(MisuseError)
    expect(() => marbles('a|', { unit: -1 })).toThrow('marbles: unit')
  })
})

describe('drawMarbles', () => {
  test.each(['a-b-|', '(ab)---c|', '|', '--(a|)', 'a#'])('%s is drawn as it was', async (line) => {
    await expect(testRun(() => drawMarbles(marbles(line)))).resolves.toBe(line)
  })

  test('values are drawn as their letters, or in brackets', async () => {
    async function* numbers(): AsyncGenerator<number> {
      yield 10
      await sleep(2)
      yield 7
      await sleep(1)
      yield 123
    }
    const drawn = await testRun(() => drawMarbles(numbers(), { values: { t: 10 } }))
    expect(drawn).toBe('t-7({123}|)')
  })
})
