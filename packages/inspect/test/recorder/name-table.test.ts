import { describe, expect, test } from 'vitest'
import { NameTable } from '../../src/recorder/name-table.ts'

describe('NameTable', () => {
  test('gives a name one number, and the number its name', () => {
    const names = new NameTable(10, 100)
    const id = names.idOf('reader', 1)
    expect(names.idOf('reader', 2)).toBe(id)
    expect(names.nameOf(id)).toBe('reader')
    expect(names.nameOf(9)).toBe('other')
  })

  test('cuts a name of a megabyte, and keeps nothing else of it', () => {
    const names = new NameTable(10, 100)
    expect(names.nameOf(names.idOf('x'.repeat(1_000_000), 1))).toBe(`${'x'.repeat(63)}…`)
  })

  test('takes lone surrogates', () => {
    const names = new NameTable(10, 100)
    expect(names.nameOf(names.idOf('a\ud800', 1))).toBe('a\ud800')
  })

  test('tells a name by its stem when it is full, and then as other', () => {
    const names = new NameTable(4, 1000)
    names.idOf('req', 1)
    names.idOf('req#1', 2)
    names.idOf('req#2', 3)
    expect(names.nameOf(names.idOf('req#3', 4))).toBe('req')
    expect(names.nameOf(names.idOf('new', 5))).toBe('other')
  })

  test('makes room of names that no event can mention any more', () => {
    const names = new NameTable(3, 16)
    names.idOf('old#1', 0)
    const kept = names.idOf('kept', 10)
    expect(names.nameOf(names.idOf('new', 17))).toBe('new')
    expect(names.nameOf(kept)).toBe('kept')
  })

  test('never holds more than it was made for', () => {
    const names = new NameTable(100, 64)
    const ids = new Set<number>()
    for (let i = 0; i < 10_000; i++) ids.add(names.idOf(`task ${i} of ${i}`, i))
    expect(ids.size).toBeLessThanOrEqual(100)
  })
})
