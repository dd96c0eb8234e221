import { expect, test } from 'vitest'
import * as node from '../src/index.ts'

test('the package gives away these names and no others', () => {
  expect(Object.keys(node).sort()).toEqual([
    'ByteReader',
    'ByteWriter',
    'ChildProcess',
    'Connection',
    'FileError',
    'FrameError',
    'Listener',
    'OpenFile',
    'ProcessError',
    'TempDir',
    'UdpSocket',
    'connect',
    'exec',
    'fileLock',
    'frames',
    'lines',
    'openFile',
    'openListener',
    'openProcess',
    'openUdp',
    'pipe',
    'quote',
    'resolve',
    'serve',
    'sh',
    'tempDir',
    'tryFileLock',
    'walk',
    'watch',
    'writeAtomic',
  ])
})
