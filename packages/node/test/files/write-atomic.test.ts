import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CancelScope, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { openProcess, tempDir, writeAtomic } from '../../src/index.ts'

describe('writeAtomic', () => {
  it('replaces, keeps the permissions, follows a link, and leaves nothing beside it', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'state')
    await writeAtomic(path, 'one')
    chmodSync(path, 0o600)
    const link = join(folder.path, 'link')
    symlinkSync('state', link)
    await writeAtomic(link, Buffer.from('two'))
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    async function* parts(): AsyncGenerator<string> {
      yield 'three '
      yield 'parts'
    }
    await writeAtomic(path, parts(), { mode: 0o640 })
    expect(readFileSync(link, 'utf8')).toBe('three parts')
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder.path).sort()).toEqual(['link', 'state'])
  })

  it('cancelled, or failing in the middle, leaves the old file and no other', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'state')
    await writeAtomic(path, 'old')
    for (let ms = 0; ms < 10; ms++) {
      const scope = new CancelScope()
      async function* slowly(): AsyncGenerator<string> {
        for (;;) {
          yield 'new'
          await sleep(1)
        }
      }
      const work = scope.run(() => writeAtomic(path, slowly()))
      await new Promise((done) => setTimeout(done, ms))
      scope.cancel()
      await work
    }
    async function* broken(): AsyncGenerator<string> {
      yield 'new'
      throw new Error('broken')
    }
    await expect(writeAtomic(path, broken())).rejects.toThrow('broken')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder.path)).toEqual(['state'])
    await expect(writeAtomic(join(folder.path, 'no/such'), '')).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })

  it('killed in the middle leaves a whole file', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'state')
    writeFileSync(path, '')
    const script = `
      import { writeAtomic } from '@corral/node'
      console.log('ready')
      for (let i = 0; ; i++) await writeAtomic(process.argv[1], String(i % 10).repeat(1_000_000))`
    for (let round = 0; round < 5; round++) {
      await using child = await openProcess(
        process.execPath,
        ['--conditions=@corral/source', '--input-type=module', '-e', script, path],
        { cwd: new URL('../..', import.meta.url), stderr: 'inherit', grace: 0 },
      )
      await child.stdout.readUntil('\n')
      await new Promise((done) => setTimeout(done, 30 + 7 * round))
      child.signal('SIGKILL')
      await child.exited()
      const text = readFileSync(path, 'utf8')
      expect(text === '' || text === text.slice(0, 1).repeat(1_000_000)).toBe(true)
    }
  })
})
