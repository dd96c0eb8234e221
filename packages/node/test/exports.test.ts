import { expect, test } from 'vitest'
import * as node from '../src/index.ts'

test('the package gives away these names and no others', () => {
  expect(Object.keys(node).sort()).toEqual([
    'ByteReader',
    'ByteWriter',
    'ChildProcess',
    'FrameError',
    'ProcessError',
    'exec',
    'frames',
    'lines',
    'openProcess',
    'pipe',
    'quote',
    'sh',
  ])
})
