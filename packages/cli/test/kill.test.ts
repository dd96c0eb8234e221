import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { startDemoSite, StoreReader, type DemoSite } from '@corral/crawl'
import { expect, test } from 'vitest'
import { runCommand, startCommand, temporaryDirectory, type RunningCommand } from './command.ts'

const kills = 20
/** The default of `--per-host`. */
const perHost = 8
/** Of the store. */
const batch = 64

const queries = {
  pages: `SELECT url, status, content_type, charset, title, bytes, depth, redirect_url, canonical, noindex, note
    FROM pages ORDER BY url`,
  links: 'SELECT * FROM links ORDER BY from_url, to_url',
  errors: 'SELECT url, kind, depth FROM errors ORDER BY url',
  frontier: 'SELECT url, depth, state, reason FROM frontier ORDER BY url',
}

/** What a crawl found, without what chance has in it: times, attempts, and the words of broken connections. */
function contentOf(file: string): Record<keyof typeof queries, unknown[]> {
  using db = new DatabaseSync(file)
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  const all = (sql: string): unknown[] =>
    db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  return {
    pages: all(queries.pages),
    links: all(queries.links),
    errors: all(queries.errors),
    frontier: all(queries.frontier),
  }
}

/** Settles when the site has been asked for something new, or the command has ended. */
async function nextRequest(site: DemoSite, { child }: RunningCommand): Promise<void> {
  const asked = (): number => site.hits.values().reduce((sum, hits) => sum + hits, 0)
  const before = asked()
  while (asked() === before && child.exitCode === null) await delay(5)
}

test(
  'killed twenty times at random moments and given again, a crawl has what an undisturbed one has',
  { timeout: 120_000 },
  async () => {
    const directory = temporaryDirectory()
    const [calm, killed] = [join(directory, 'calm.db'), join(directory, 'killed.db')]
    const site = await startDemoSite()
    const port = Number(new URL(site.url).port)
    const command = (store: string): string[] => ['crawl', site.url, '--quiet', '--store', store]
    expect(await runCommand(command(calm))).toMatchObject({ code: 0, stderr: '' })
    await site.close()

    // The same site anew: it counts from one again.
    await using again = await startDemoSite({ port })
    for (let kill = 0; kill < kills; kill++) {
      const running = startCommand(command(killed))
      await nextRequest(again, running)
      await delay(10 + Math.random() * 150)
      running.child.kill('SIGKILL')
      expect(await running.ended).toEqual({ code: null, signal: 'SIGKILL', stdout: '', stderr: '' })
    }
    // One page takes seconds, with its retries: whatever the machine, no run can have come to the end.
    const before = countsOf(killed)
    expect(before.pages).toBeGreaterThan(0)
    expect(before.queued).toBeGreaterThan(0)

    expect(await runCommand(command(killed))).toMatchObject({ code: 0, stderr: '' })
    expect(contentOf(killed)).toEqual(contentOf(calm))
    // What had been in flight, or on its way into the store, is asked for again, and nothing else.
    const chapters = [...again.hits].filter(([path]) => path.startsWith('/chapter/'))
    const twice = chapters.reduce((sum, [, hits]) => sum + hits - 1, 0)
    expect(twice).toBeLessThanOrEqual(kills * (perHost + batch))
  },
)

function countsOf(file: string): { readonly pages: number; readonly queued: number } {
  using reader = new StoreReader(file)
  return reader.counts()
}
