import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { storeContent } from './store-content.ts'
import { graph, testSite } from './test-site.ts'

const script = fileURLToPath(new URL('./crawl-into.ts', import.meta.url))

/** Runs the crawl in a process of its own; gives its output, and kills it when it is time. */
function runAndKill(seed: string, store: string, isTime: () => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@corral/source', script, seed, store], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (text: Buffer) => (output += String(text)))
    const watch = setInterval(() => {
      if (output !== '' && isTime()) child.kill('SIGKILL')
    }, 1)
    child.on('error', reject)
    child.on('exit', () => {
      clearInterval(watch)
      resolve(output)
    })
  })
}

test(
  'crawl killed with SIGKILL again and again ends with what an undisturbed one has',
  { timeout: 120_000 },
  async () => {
    const answer = graph(1500)
    const site = await testSite((response, path, hit, request) => {
      const number = Number(path.slice(1))
      if (number % 50 === 49) response.writeHead(404).end()
      else if (number % 50 === 24) response.writeHead(301, { location: `/${number + 1}` }).end()
      else setTimeout(() => answer(response, path, hit, request), (number || 0) % 7)
    })
    const directory = temporaryDirectory()
    const undisturbed = join(directory, 'undisturbed.db')
    const killed = join(directory, 'killed.db')
    const seed = `${site.origin}/0`
    await crawl({
      seeds: [seed],
      store: undisturbed,
      limits: { concurrency: 16, concurrencyPerHost: 16 },
    })

    let kills = 0
    const before = site.seen.length
    for (const requests of [0, 1, 60, 150, 290, 400]) {
      const from = site.seen.length
      const output = await runAndKill(seed, killed, () => site.seen.length - from >= requests)
      if (!output.includes('done')) kills++
    }
    expect(kills).toBeGreaterThan(3)
    const reader = new StoreReader(killed)
    expect(reader.counts().pages).toBeGreaterThan(100)
    reader.close()

    const output = await runAndKill(seed, killed, () => false)
    expect(output).toContain('done')
    expect(storeContent(killed)).toEqual(storeContent(undisturbed))
    // Fetched again is at most what was in flight or on its way to the disk.
    const fetched = site.seen.slice(before).filter((each) => each.path !== '/robots.txt')
    const repeated = fetched.length - new Set(fetched.map((each) => each.path)).size
    expect(repeated).toBeLessThan(kills * (16 + 2 * 64))
  },
)
