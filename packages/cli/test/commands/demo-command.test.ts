import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreReader } from '@corral/crawl'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand, startCommand, temporaryDirectory } from '../command.ts'

test(
  'corral demo crawls its own site within a minute and says where the store is',
  { timeout: 60_000 },
  async () => {
    const { code, stdout, stderr } = await runCommand(['demo'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^The demo site is served on http:\/\/127\.0\.0\.1:\d+\/\nCrawling /)
    expect(stdout).toMatch(/^Crawl complete\n/)
    expect(stdout).toMatch(/\n {2}failed {3}17: http 9, body 4, /)
    const file = /\n {2}store {4}(.*)\n/.exec(stdout)?.[1] ?? ''
    onTestFinished(() => rmSync(dirname(file), { recursive: true }))
    using reader = new StoreReader(file)
    expect(reader.counts()).toMatchObject({ pages: 662, failed: 17, queued: 0 })
  },
)

test('corral demo --serve serves until it is told to end', async () => {
  const { child, ended } = startCommand(['demo', '--serve'], temporaryDirectory())
  const [line] = (await child.stderr.take(1).toArray()) as string[]
  const url = /http:\S+/.exec(line ?? '')?.[0] ?? ''
  const response = await fetch(url)
  expect(await response.text()).toContain('The Corral Handbook')
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 130, stdout: '' })
})
