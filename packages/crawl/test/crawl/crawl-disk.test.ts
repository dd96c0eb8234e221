import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { openStore } from '../../src/store/open-store.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { storeContent } from './store-content.ts'
import { graph, testSite } from './test-site.ts'

const node = [process.execPath, '--conditions=@corral/source']
const crawlScript = fileURLToPath(new URL('./crawl-or-say.ts', import.meta.url))
const probeScript = fileURLToPath(new URL('../store/probe-store.ts', import.meta.url))

describe('crawl and a disk that takes no more', () => {
  test(
    'ends with a clear error, and goes on from there when there is room again',
    { timeout: 60_000 },
    async () => {
      const site = await testSite(graph(3000))
      const store = join(temporaryDirectory(), 'crawl.db')
      const seed = `${site.origin}/0`
      // The system lets files of this process grow no further: writes fail as they do on a full disk.
      const limited = `trap '' XFSZ; ulimit -f 2000; exec "$@"`
      const { stdout } = await promisify(execFile)('sh', [
        '-c',
        limited,
        'sh',
        ...node,
        crawlScript,
        seed,
        store,
      ])
      expect(stdout).toMatch(/^StoreError STORE_(FULL|FAILED): store \S+crawl\.db .*disk/)

      using reader = new StoreReader(store)
      const kept = [...reader.pages()].length
      expect(kept).toBeGreaterThan(50)
      expect(kept).toBeLessThan(3000)
      const seen = site.seen.length
      expect(await crawl({ seeds: [seed], store })).toMatchObject({
        pages: 3000,
        failed: 0,
        queued: 0,
      })
      expect(site.seen.length - seen).toBeLessThanOrEqual(3000 - kept + 1)

      const undisturbed = join(temporaryDirectory(), 'crawl.db')
      await crawl({ seeds: [seed], store: undisturbed })
      expect(storeContent(store)).toEqual(storeContent(undisturbed))
    },
  )

  test('ends with a clear error when the store may grow no further, and goes on when it may', async () => {
    const site = await testSite(graph(1000))
    const file = join(temporaryDirectory(), 'crawl.db')
    const seeds = [`${site.origin}/0`]
    const small = await openStore(file, { maxFileSize: 200_000 })
    await expect(crawl({ seeds, store: small })).rejects.toMatchObject({
      name: 'StoreError',
      code: 'STORE_FULL',
      message: `store ${file} cannot grow: the disk is full; free space and go on`,
    })
    await small.close()
    expect(readdirSync(join(file, '..'))).toEqual(['crawl.db'])
    expect(await crawl({ seeds, store: file })).toMatchObject({ pages: 1000, queued: 0 })
  })
})

/** Whether this user may become another who may do less, or is such a one. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const mayProbe =
  spawnSync(
    process.execPath,
    ['-e', `require('fs').accessSync(${JSON.stringify(probeScript)})`],
    nobody,
  ).status === 0

describe.skipIf(!mayProbe)('a store that may not be written', () => {
  test('is read, is not opened for a crawl, and is as it was', async () => {
    const directory = join(temporaryDirectory(), 'open')
    mkdirSync(directory)
    chmodSync(join(directory, '..'), 0o755)
    const file = join(directory, 'crawl.db')
    const site = await testSite(graph(5))
    await crawl({ seeds: [`${site.origin}/0`], store: file })
    chmodSync(file, 0o444)
    chmodSync(directory, 0o555)

    const { stdout } = await promisify(execFile)(
      node[0] ?? '',
      [...node.slice(1), probeScript, file],
      nobody,
    )
    expect(stdout.split('\n')).toEqual([
      'read 5',
      expect.stringMatching(/^write STORE_READ_ONLY: store \S+ cannot be (written|opened); check/),
      '',
    ])
    expect(readdirSync(directory)).toEqual(['crawl.db'])
    chmodSync(directory, 0o755)
    chmodSync(file, 0o644)
    expect(await crawl({ seeds: [`${site.origin}/0`], store: file })).toMatchObject({ pages: 5 })
  })
})
