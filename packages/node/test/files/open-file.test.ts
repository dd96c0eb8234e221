import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { CancelScope, ClosedError, spawn } from 'corral'
import { describe, expect, it } from 'vitest'
import { FileError, openFile, tempDir } from '../../src/index.ts'
import { openDescriptors } from '../net/sockets.ts'

describe('openFile', () => {
  it('reads, writes, appends, cuts, and reads lines', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'a')
    {
      await using file = await openFile(path, { flags: 'w' })
      await file.write('one\r\ntwo\n')
      await file.write(Buffer.from('three'))
      await file.sync()
    }
    {
      await using file = await openFile(path, { flags: 'a' })
      await file.write('!')
    }
    await using file = await openFile(path, { flags: 'r+' })
    const lines: string[] = []
    for await (const line of file.lines()) lines.push(line)
    expect(lines).toEqual(['one', 'two', 'three!'])
    expect(await file.read()).toBeUndefined()
    expect(String(await file.read(3, 5))).toBe('two')
    await file.write('TWO', 5)
    await file.truncate(8)
    expect((await file.stat()).size).toBe(8)
    expect(readFileSync(path, 'utf8')).toBe('one\r\nTWO')
  })

  it('a gigabyte is not held: a large file is read in parts, and written whole', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'big')
    const big = Buffer.alloc(5_000_001, 'x')
    await using file = await openFile(path, { flags: 'w+' })
    await file.write(big)
    let [size, most] = [0, 0]
    await using again = await openFile(path)
    for await (const chunk of again) {
      size += chunk.length
      most = Math.max(most, chunk.length)
    }
    expect([size, most]).toEqual([big.length, 65_536])
  })

  it('refuses FIFOs, sockets, devices and folders at once, also those that nobody has the other end of', async () => {
    await using folder = await tempDir()
    const fifo = join(folder.path, 'fifo')
    execFileSync('mkfifo', [fifo])
    const socket = join(folder.path, 'socket')
    const server = createServer()
    await new Promise<void>((done) => server.listen(socket, done))
    const before = openDescriptors()
    for (const path of [fifo, socket, '/dev/null', folder.path]) {
      const error: unknown = await openFile(path).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(FileError)
      expect(error).toMatchObject({ code: 'SPECIAL', path })
    }
    await expect(openFile(fifo, { flags: 'w' })).rejects.toMatchObject({ code: 'SPECIAL' })
    expect(openDescriptors()).toBe(before)
    server.close()
    await using nothing = await openFile('/dev/null', { flags: 'r+', special: true })
    await nothing.write('x')
    expect(await nothing.read()).toBeUndefined()
  })

  it('cancelled in any moment leaves nothing open', async () => {
    const before = openDescriptors()
    for (let turns = 0; turns < 10; turns++) {
      const scope = new CancelScope()
      const work = scope.run(async () => {
        await using file = await openFile(import.meta.filename)
        await file.read()
      })
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      scope.cancel()
      await work
    }
    expect(openDescriptors()).toBe(before)
  })

  it('closed is refused, and closing waits for what is under way', async () => {
    const file = await openFile(import.meta.filename)
    const reading = spawn(() => file.read(10))
    await new Promise(setImmediate)
    await file.close()
    await file.close()
    expect(String(await reading)).toBe('import { e')
    await expect(file.read()).rejects.toBeInstanceOf(ClosedError)
  })

  it('says what the system says, and refuses what cannot be meant', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'a')
    await expect(openFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
    writeFileSync(path, '')
    await expect(openFile(path, { flags: 'wx' })).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(openFile('')).rejects.toMatchObject({ code: 'MISUSE' })
    await expect(openFile('a\0b')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    await expect(openFile(path, { flags: 'rw' as 'r' })).rejects.toMatchObject({ code: 'MISUSE' })
    await using full = await openFile('/dev/full', { flags: 'w', special: true })
    await expect(full.write('x')).rejects.toMatchObject({ code: 'ENOSPC' })
  })
})

describe('tempDir', () => {
  it('is gone after its block, with all that is in it', async () => {
    let path: string
    {
      await using folder = await tempDir()
      path = folder.path
      execFileSync('mkdir', ['-p', join(path, 'a/b')])
      writeFileSync(join(path, 'a/b/c'), 'x')
    }
    expect(() => readFileSync(join(path, 'a/b/c'))).toThrow('ENOENT')
    await expect(openFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
