import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { moveOnAfter, sleep, spawn, timeout } from 'corral'
import { describe, expect, it } from 'vitest'
import { tempDir, watch } from '../../src/index.ts'
import { openDescriptors } from '../net/sockets.ts'

/** What is told until all that is expected was, in any order; more may come of what happens twice. */
async function sees(
  changes: AsyncIterator<{ type: string; path: string }>,
  ...expected: string[]
): Promise<void> {
  const missing = new Set(expected)
  while (missing.size > 0) {
    const { value } = await changes.next()
    missing.delete(`${value.type} ${value.path}`)
  }
}

describe('watch', () => {
  it('tells what is there, what comes, changes and goes, also in new folders', async () => {
    await using folder = await tempDir()
    const at = (path: string): string => join(folder.path, path)
    writeFileSync(at('old'), '')
    const changes = watch(folder.path, { existing: true })
    await sees(changes, `created ${at('old')}`)
    writeFileSync(at('new'), 'x')
    await sees(changes, `created ${at('new')}`)
    writeFileSync(at('old'), 'longer')
    await sees(changes, `changed ${at('old')}`)
    mkdirSync(at('a/b'), { recursive: true })
    writeFileSync(at('a/b/deep'), '')
    await sees(changes, `created ${at('a')}`, `created ${at('a/b')}`, `created ${at('a/b/deep')}`)
    renameSync(at('a'), at('z'))
    await sees(changes, `removed ${at('a/b/deep')}`, `created ${at('z/b/deep')}`)
    rmSync(at('z'), { recursive: true })
    await sees(changes, `removed ${at('z')}`, `removed ${at('z/b/deep')}`)
    mkdirSync(at('z'))
    writeFileSync(at('z/again'), '')
    await sees(changes, `created ${at('z/again')}`)
    await changes.return?.()
    expect(await changes.next()).toEqual({ done: true, value: undefined })
  })

  it('misses none of 3 000 files that nobody reads meanwhile', async () => {
    await using folder = await tempDir()
    const names = Array.from({ length: 3_000 }, (_, i) => join(folder.path, String(i)))
    const changes = watch(folder.path)
    const first = spawn(() => changes.next())
    await sleep(50)
    for (const name of names) writeFileSync(name, name)
    const { value } = await first
    expect(value).toMatchObject({ type: 'created' })
    const missing = new Set(names)
    missing.delete((value as { path: string }).path)
    await timeout(50_000, async () => {
      while (missing.size > 0) missing.delete((await changes.next()).value.path)
    })
    await changes.return?.()
  })

  it('makes one change of many of a path, and none of what came and went', async () => {
    await using folder = await tempDir()
    const [a, b] = [join(folder.path, 'a'), join(folder.path, 'b')]
    const changes = watch(folder.path)
    expect(await moveOnAfter(30, () => changes.next())).toEqual({ timedOut: true })
    for (let i = 0; i < 20; i++) {
      writeFileSync(a, 'x'.repeat(i))
      writeFileSync(b, '')
      await sleep(7)
    }
    rmSync(b)
    await sleep(100)
    const told: unknown[] = []
    await moveOnAfter(200, async () => {
      for (;;) told.push((await changes.next()).value)
    })
    expect(told).toEqual([{ type: 'created', path: a }])
    await changes.return?.()
  })

  it('goes on with a folder inside that is removed and made again, which may have the same inode', async () => {
    await using folder = await tempDir()
    const [inside, deeper] = [join(folder.path, 'in'), join(folder.path, 'in', 'deeper')]
    mkdirSync(deeper, { recursive: true })
    const changes = watch(folder.path)
    const seen = new Set<string>()
    expect(await moveOnAfter(30, () => changes.next())).toEqual({ timedOut: true })
    for (let round = 0; round < 5; round++) {
      rmSync(inside, { recursive: true })
      mkdirSync(deeper, { recursive: true })
      await moveOnAfter(150, async () => {
        for (;;) await changes.next()
      })
      const paths = [join(inside, `a${round}`), join(deeper, `b${round}`)]
      for (const path of paths) writeFileSync(path, '')
      const { timedOut } = await moveOnAfter(20_000, async () => {
        while (!paths.every((path) => seen.has(path))) seen.add((await changes.next()).value.path)
      })
      expect(timedOut).toBe(false)
    }
    await changes.return?.()
  })

  it('says that the folder itself was removed, or is not there', async () => {
    await using folder = await tempDir()
    const path = join(folder.path, 'x')
    mkdirSync(path)
    const changes = watch(path)
    const next = spawn(() => changes.next())
    await sleep(30)
    rmSync(path, { recursive: true })
    await expect(next.then((value) => value)).rejects.toMatchObject({ code: 'GONE', path })
    await expect(watch(path).next()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('left, or never begun, holds nothing', async () => {
    await using folder = await tempDir()
    writeFileSync(join(folder.path, 'x'), '')
    watch(folder.path)
    const before = openDescriptors()
    for (let round = 0; round < 5; round++) {
      for await (const _change of watch(folder.path, { existing: true })) break
    }
    // Node keeps one descriptor for all watches of a process.
    expect(openDescriptors()).toBeLessThanOrEqual(before + 1)
  })
})
