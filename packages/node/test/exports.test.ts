import { expect, test } from 'vitest'
import * as node from '../src/index.ts'

test('the package gives away these names and no others', () => {
  expect(Object.keys(node).sort()).toEqual([
    'ByteReader',
    'ByteWriter',
    'ChildProcess',
    'Connection',
    'FrameError',
    'Listener',
    'ProcessError',
    'UdpSocket',
    'connect',
    'exec',
    'frames',
    'lines',
    'openListener',
    'openProcess',
    'openUdp',
    'pipe',
    'quote',
    'resolve',
    'serve',
    'sh',
  ])
})
