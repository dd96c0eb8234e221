import { describe, expect, test } from 'vitest'
import { csvLine } from '../../src/export/csv.ts'

const field = (text: string): string => csvLine([text]).slice(0, -2)

describe('csvLine', () => {
  test('quotes what would break the line, and doubles quotes', () => {
    expect(csvLine(['a', 'b,c', 'say "hi"', 'two\nlines', 5, true, null, ''])).toBe(
      'a,"b,c","say ""hi""","two\nlines",5,true,,\r\n',
    )
  })

  test.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '|calc',
    '%0',
    ' =1',
    '\t=1',
    '\tx',
    '\rx',
    '\n=1',
    '"=1',
  ])('makes text of %j, which a spreadsheet would calculate', (text) => {
    const written = field(text)
    const read = written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written
    expect(read).toBe(text === '"=1' ? text : `'${text}`)
  })

  test('leaves numbers alone, negative ones too', () => {
    expect(csvLine([-5, 0.5])).toBe('-5,0.5\r\n')
  })
})
