import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BusyError, moveOnAfter, sleep, spawn } from 'corral'
import { describe, expect, it } from 'vitest'
import { tempDir, walk } from '../../src/index.ts'
import type { WalkEntry } from '../../src/index.ts'

async function all(entries: AsyncIterable<WalkEntry>): Promise<WalkEntry[]> {
  const found: WalkEntry[] = []
  for await (const entry of entries) found.push(entry)
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

describe('walk', () => {
  it('finds all that Node finds', async () => {
    const folder = new URL('../../..', import.meta.url).pathname
    const expected = readdirSync(folder, { recursive: true }).map((path) =>
      join(folder, String(path)),
    )
    for (const concurrency of [1, 32]) {
      const found = await all(walk(folder, { concurrency }))
      expect(found.map(({ path }) => path)).toEqual(expected.sort((a, b) => (a < b ? -1 : 1)))
    }
  })

  it('tells kinds, does not follow links, and enters what it is asked to', async () => {
    await using folder = await tempDir()
    const at = (path: string): string => join(folder.path, path)
    mkdirSync(at('a/b'), { recursive: true })
    writeFileSync(at('a/x'), '')
    symlinkSync('.', at('a/loop'))
    writeFileSync(at('a/b/-rf'), '')
    expect(await all(walk(folder.path))).toEqual([
      { path: at('a'), kind: 'folder' },
      { path: at('a/b'), kind: 'folder' },
      { path: at('a/b/-rf'), kind: 'file' },
      { path: at('a/loop'), kind: 'link' },
      { path: at('a/x'), kind: 'file' },
    ])
    expect(await all(walk(folder.path, { enter: (path) => path !== at('a/b') }))).toHaveLength(4)
  })

  it('says that there is no such folder, and is over then', async () => {
    const entries = walk('/no/such/folder')
    await expect(entries.next()).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await entries.next()).toEqual({ done: true, value: undefined })
    expect(() => walk('')).toThrow('walk: folder must be')
  })

  it('is left early, cancelled, and refuses a second reader', async () => {
    await using folder = await tempDir()
    for (let i = 0; i < 50; i++) mkdirSync(join(folder.path, `${i}/x`), { recursive: true })
    for await (const entry of walk(folder.path)) {
      expect(entry.kind).toBe('folder')
      break
    }
    expect(await moveOnAfter(0, () => all(walk(folder.path)))).toEqual({ timedOut: true })
    const entries = walk(folder.path)
    const first = spawn(() => entries.next())
    await sleep(0)
    const second = entries.next()
    const results = await Promise.allSettled([first, second])
    const [refused] = results.filter((result) => result.status === 'rejected')
    expect(refused?.reason).toBeInstanceOf(BusyError)
    await entries.return?.()
  })

  it('passes over folders that vanish meanwhile', async () => {
    await using folder = await tempDir()
    for (let i = 0; i < 30; i++) mkdirSync(join(folder.path, `${i}/x`), { recursive: true })
    let seen = 0
    for await (const entry of walk(folder.path, { concurrency: 1 })) {
      seen += 1
      if (entry.path.endsWith('x')) continue
      for (let i = 0; i < 30; i++) {
        rmSync(join(folder.path, `${i}`), { recursive: true, force: true })
      }
    }
    expect(seen).toBeGreaterThanOrEqual(30)
  })
})
