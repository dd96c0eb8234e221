import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { gather, moveOnAfter, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { fileLock, openProcess, tempDir, tryFileLock } from '../../src/index.ts'

describe('fileLock', () => {
  it('is held by one at a time, in this process', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'lock')
    let [now, most] = [0, 0]
    await gather(
      Array.from({ length: 10 }, () => async () => {
        await using _lock = await fileLock(path)
        most = Math.max(most, ++now)
        await sleep(2)
        now -= 1
      }),
    )
    expect(most).toBe(1)
    expect(existsSync(path)).toBe(false)
  })

  it('tryFileLock does not wait, and a cancelled wait holds nothing', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'lock')
    {
      await using _lock = await fileLock(path)
      expect(await tryFileLock(path)).toBeUndefined()
      expect(await moveOnAfter(20, () => fileLock(path))).toEqual({ timedOut: true })
    }
    await using again = await tryFileLock(path)
    expect(again).toBeDefined()
  })

  it('is free at once when its owner in another process is killed, and not before', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'lock')
    const script = `
      import { fileLock } from '@corral/node'
      const lock = await fileLock(process.argv[1])
      console.log('locked')
      setInterval(() => lock, 1000)`
    await using child = await openProcess(
      process.execPath,
      ['--conditions=@corral/source', '--input-type=module', '-e', script, path],
      { cwd: new URL('../..', import.meta.url), stderr: 'ignore', grace: 0 },
    )
    await child.stdout.readUntil('\n')
    expect(await moveOnAfter(150, () => fileLock(path))).toEqual({ timedOut: true })
    child.signal('SIGKILL')
    await child.exited()
    await using lock = await tryFileLock(path)
    expect(lock).toBeDefined()
  })

  it('says what the system says', async () => {
    await expect(fileLock('/no/such/folder/lock')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(fileLock('')).rejects.toMatchObject({ code: 'MISUSE' })
  })
})
