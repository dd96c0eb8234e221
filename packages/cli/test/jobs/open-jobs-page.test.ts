import { join } from 'node:path'
import { memoryStore } from '@corral/jobs'
import type { JobStore } from '@corral/jobs'
import { currentSignal, run, sleep, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { JobsOverview } from '../../src/jobs/jobs-overview.ts'
import { openJobsPage } from '../../src/jobs/open-jobs-page.ts'
import { chromium, openPage, type BrowserPage } from '../browser.ts'
import { startCommand, temporaryDirectory } from '../command.ts'
import { newJob, someJobs } from './some-jobs.ts'

const patience = { timeout: 20_000 }
const hostile =
  '<img src=x onerror="document.title=`owned`"><script>document.title=`owned`</script>'

/** Opens the page on a store, and a browser on it. */
async function looking(
  store: JobStore,
  body: (page: BrowserPage, text: (id: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  await using page = await openJobsPage(store, 'jobs.db', 0)
  const running = spawn(() => page.run())
  await using browser = await openPage(page.url)
  const text = (id: string): Promise<string> =>
    browser.evaluate<string>(`document.getElementById('${id}')?.innerText ?? ''`)
  await expect.poll(() => text('state'), patience).toBe('1 worker')
  await body(browser, text)
  expect(browser.complaints).toEqual([])
  running.cancel()
}

describe('JobsOverview', () => {
  test('tells how many are added and end in a second, also when they are not kept', () =>
    run(async () => {
      await using some = await someJobs(join(temporaryDirectory(), 'jobs.db'), 0)
      const { store } = some
      const overview = new JobsOverview(store, 'jobs.db')
      // A rate is known from the second look on: a chart that began with 0 would say that nothing went on.
      expect((await overview.look()).series).toEqual([])
      await sleep(50)
      await store.add(Array.from({ length: 40 }, () => newJob()))
      const sources = [{ queue: 'mail', kind: 'mail' }]
      const { jobs } = await store.claim({ worker: 'w1', claim: 'c2', sources, room: 30 })
      const end = { to: 'done', refund: false, delay: 0, result: undefined, keep: 0 } as const
      await store.settle(jobs.map(({ id, claim }) => ({ ...end, id, claim, failures: undefined })))
      const { rates, counts, series, running, lacks } = await overview.look()
      expect(counts).toMatchObject({ ready: 10, running: 1, later: 1, dead: 1, done: 0 })
      expect(rates.added / rates.ended).toBeCloseTo(40 / 30)
      expect(series).toHaveLength(1)
      expect(running).toMatchObject([{ progress: '0.25' }])
      expect(lacks).toEqual([])
    }))

  test('gives the mean when it looks rarely, as in a store that takes long to count', () =>
    testRun(async () => {
      await using store = await memoryStore().open()
      const overview = new JobsOverview(store, 'memory')
      await overview.look()
      await sleep(60_000)
      await store.add(Array.from({ length: 120 }, () => newJob()))
      expect((await overview.look()).rates.added).toBeCloseTo(2)
    }))
})

describe.runIf(chromium !== undefined)('the page of corral jobs web', { timeout: 60_000 }, () => {
  test('shows queues, what runs, what failed and why, and acts on it', () =>
    run(async () => {
      const file = join(temporaryDirectory(), 'jobs.db')
      await using some = await someJobs(file, 3, hostile)
      const { store, ids } = some
      const [dead = '', running = ''] = ids
      await store.setSchedule('nightly', {
        name: 'nightly',
        expression: '0 3 * * *',
        timezone: 'Europe/Oslo',
        missed: 'one',
        job: newJob(),
        nextAt: Date.now() + 7_200_000,
      })
      await looking(store, async (page, text) => {
        expect(await text('queues')).toMatch(/mail\s+3\s+1\s+1\s+0\s+1\s/)
        expect(await text('running')).toMatch(new RegExp(`${running}\\s+mail\\s+1/3`))
        expect(await text('cron')).toMatch(/nightly\s+0 3 \* \* \*\s+Europe\/Oslo\s+in (1:59|2:00)/)
        await expect.poll(() => text('list'), patience).toContain(`Error: ${hostile}`)

        // By the keyboard: the first row is reached by Tab, and opened by Enter.
        const row = `document.querySelector('#list tbody tr')`
        expect(await page.evaluate(`${row}.tabIndex`)).toBe(0)
        await page.evaluate(`${row}.focus()`)
        await page.evaluate(
          `${row}.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))`,
        )
        await expect.poll(() => text('job'), patience).toContain('at send (/srv/mail.ts:18:11)')
        expect(await text('job')).toMatch(/Attempt 2[^]*Attempt 1/)
        await page.evaluate(`byId('jobRetry').click()`)
        await expect.poll(() => text('said'), patience).toBe(`job ${dead} is ready again`)
        expect(await store.list({ ids: [dead] })).toMatchObject([{ state: 'ready' }])
        await page.evaluate(`byId('jobClose').click()`)

        await page.evaluate(`document.querySelector('#running button').click()`)
        await expect.poll(() => text('said'), patience).toBe(`job ${running}: asked to end`)
        expect(await store.list({ ids: [running] })).toMatchObject([{ cancelAsked: true }])
        await page.evaluate(`document.querySelector('#queues button').click()`)
        await expect.poll(() => text('queues'), patience).toContain('mail (paused)')
        expect(await store.stats()).toMatchObject([{ paused: true }])

        expect(await page.evaluate('document.title')).not.toContain('owned')
        expect(await page.evaluate('document.images.length')).toBe(0)
      })
    }))

  test('turns the pages of a hundred thousand jobs, and fits a narrow window', () =>
    run(async () => {
      await using some = await someJobs(join(temporaryDirectory(), 'jobs.db'), 0)
      const { store } = some
      const long = 'very-long-name-'.repeat(12)
      for (let i = 0; i < 20; i++) {
        await store.add(Array.from({ length: 5000 }, () => newJob({ kind: long, queue: long })))
      }
      await looking(store, async (page, text) => {
        await expect.poll(() => text('ready'), patience).toBe('100,000')
        await page.evaluate(`document.querySelector('#states [value=ready]').click()`)
        const firstId = `document.querySelector('#list tbody td').innerText`
        await expect
          .poll(() => page.evaluate('byId("list").tBodies[0].rows.length'), patience)
          .toBe(50)
        const newest = Number(await page.evaluate(firstId))
        await page.evaluate(`byId('older').click()`)
        await expect
          .poll(async () => Number(await page.evaluate(firstId)), patience)
          .toBe(newest - 50)
        await page.screenshot({ width: 400, height: 800 })
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
      })
    }))
})

describe('corral jobs web', () => {
  test('says where the page is, and keeps others out', () =>
    run(async () => {
      const cwd = temporaryDirectory()
      await using some = await someJobs(join(cwd, 'jobs.db'))
      const { child, ended } = startCommand(['jobs', 'web', '--port', '0', '--json'], cwd)
      const signal = currentSignal()
      const [line] = await new Promise<string[]>((resolve) =>
        child.stdout.once('data', (text: string) => resolve([text])),
      )
      const { url } = JSON.parse(line ?? '') as { url: string }
      expect((await fetch(url, { signal })).status).toBe(200)
      expect((await fetch(new URL('/', url), { signal })).status).toBe(403)
      const refused = await fetch(`${url}call/cancel`, {
        signal,
        method: 'POST',
        headers: { origin: 'http://evil.test' },
        body: JSON.stringify({ id: some.ids[1] }),
      })
      expect(refused.status).toBe(403)
      child.kill('SIGINT')
      expect(await ended).toMatchObject({ code: 130, stderr: '' })
    }))
})
