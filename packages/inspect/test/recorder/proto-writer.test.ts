import { describe, expect, test } from 'vitest'
import { ProtoWriter } from '../../src/recorder/proto-writer.ts'

const hex = (writer: ProtoWriter): string => Buffer.from(writer.bytes).toString('hex')

describe('ProtoWriter', () => {
  test('writes the examples of the specification', () => {
    expect(hex(new ProtoWriter().varint(1, 150))).toBe('089601')
    expect(hex(new ProtoWriter().string(2, 'testing'))).toBe('120774657374696e67')
    expect(hex(new ProtoWriter().message(3, new ProtoWriter().varint(1, 150)))).toBe('1a03089601')
  })

  test('writes numbers beyond 32 bits', () => {
    expect(hex(new ProtoWriter().varint(1, 2 ** 53 - 1))).toBe('08ffffffffffffff0f')
  })

  test('writes texts whose length in bytes takes other space than expected', () => {
    for (const text of ['', 'é'.repeat(60), 'a'.repeat(127), 'a'.repeat(128), '漢'.repeat(6000)]) {
      const bytes = new ProtoWriter(8).string(1, text).bytes
      expect(
        new TextDecoder().decode(
          bytes.subarray(
            text.length * 3 < 128 || Buffer.byteLength(text) < 128
              ? 2
              : Buffer.byteLength(text) < 16_384
                ? 3
                : 4,
          ),
        ),
      ).toBe(text)
    }
  })

  test('writes a lone surrogate as the replacement character', () => {
    expect(hex(new ProtoWriter().string(1, '\ud800'))).toBe('0a03efbfbd')
  })
})
