import { expect, test } from 'vitest'
import { printable } from '../../src/format/printable.ts'

test('printable leaves nothing that a terminal would obey', () => {
  expect(printable('a\u001B[2Jb\r\nc\u009B1md\u0007')).toBe('a [2Jb c 1md')
  expect(printable('evil\u202Egpj.exe\u2028next')).toBe('evil gpj.exe next')
  expect(printable('caf\u00e9 \u4f60\u597d')).toBe('caf\u00e9 \u4f60\u597d')
})
