import { describe, expect, it } from 'vitest'
import { clientOf } from './client-of.ts'
import { startChecker } from './start-checker.ts'
import { added, checked, sitesOf, until } from './checks.ts'
import { openSite, slowPages } from './site.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('the site checker', () => {
  it('checks a site, again when asked, and tells what changed, to the webhook too', async () => {
    await using site = await openSite({
      '/': '<title>a</title><a href=/gone>x</a>',
      '/b': '<title>b',
    })
    const env = { DATA_DIR: temporaryFolder(), PRIVATE_SITES: site.url }
    const { url } = await startChecker(env)
    const ask = clientOf(url)
    const id = await added(ask, site.url, { webhook: new URL('/hook', site.url).href })
    await ask('POST', `sites/${id}/checks`)
    const first = await checked(ask, id)
    expect(first.findings).toMatchObject([
      { kind: 'broken', url: new URL('/gone', site.url).href, change: 'appeared' },
    ])
    site.pages['/'] = '<title>a</title><a href=/b>x</a><a href=/worse>x</a>'
    await ask('POST', `sites/${id}/checks`)
    const second = await checked(ask, id, first.check.id)
    expect(second.findings.map(({ url: of, change }) => [new URL(of).pathname, change])).toEqual([
      ['/gone', 'mended'],
      ['/worse', 'appeared'],
    ])
    expect(second.check).toMatchObject({ pages: 2, findings: 1, appeared: 1, mended: 1 })
    await until(async () => site.posted.length === 2)
    expect(site.posted.map(({ key, body }) => [key, body])).toEqual(
      [first, second].map(({ check: { id: check, findings, appeared, mended } }) => [
        check,
        { site: site.url, check, findings, appeared, mended },
      ]),
    )
    const csv = await fetch(`${url}/api/checks/${second.check.id}/findings.csv?change=mended`, {
      headers: { authorization: 'Bearer ann-has-this-token' },
    })
    expect((await csv.text()).split('\r\n')).toHaveLength(3)
  })

  it('shows nobody what is not theirs, and takes no site twice, nor too many, nor what is none', async () => {
    const { url } = await startChecker({ DATA_DIR: temporaryFolder(), MAX_SITES: '2' })
    const [ann, bob, nobody] = [clientOf(url), clientOf(url, 'bob'), clientOf(url, 'nobody')]
    expect((await nobody('GET', 'sites')).status).toBe(401)
    expect((await nobody('POST', 'login', { token: 'wrong' })).status).toBe(401)
    const id = await added(ann, 'https://a.test/')
    for (const [method, path] of [
      ['GET', `sites/${id}/checks`],
      ['POST', `sites/${id}/checks`],
      ['DELETE', `sites/${id}`],
    ] as const) {
      expect((await bob(method, path)).status).toBe(404)
    }
    expect(await sitesOf(bob)).toEqual([])
    expect((await ann('POST', 'sites', { url: 'https://a.test/' })).status).toBe(409)
    for (const bad of ['ftp://a.test/', 'nonsense', 'javascript:alert(1)']) {
      expect((await ann('POST', 'sites', { url: bad })).status).toBe(422)
    }
    await added(ann, 'https://b.test/')
    expect((await ann('POST', 'sites', { url: 'https://c.test/' })).status).toBe(403)
    expect((await ann('DELETE', `sites/${id}`)).status).toBe(204)
    await added(ann, 'https://c.test/')
  })

  it('asks no address of the network that it runs in', async () => {
    await using site = await openSite({ '/': '<title>secret' })
    const { url } = await startChecker({ DATA_DIR: temporaryFolder() })
    const ask = clientOf(url)
    const id = await added(ask, site.url)
    await ask('POST', `sites/${id}/checks`)
    const { findings } = await checked(ask, id)
    expect(findings).toMatchObject([{ kind: 'broken', url: site.url }])
    expect(site.asked).toBe(0)
  })

  it('cancels a check in the middle, and begins another when asked', async () => {
    await using site = await openSite(slowPages(200, 300))
    const { url } = await startChecker({ DATA_DIR: temporaryFolder(), PRIVATE_SITES: site.url })
    const ask = clientOf(url)
    const id = await added(ask, site.url)
    await ask('POST', `sites/${id}/checks`)
    await until(async () => ((await sitesOf(ask))[0]?.running?.progress?.pages ?? 0) > 1)
    await ask('DELETE', `sites/${id}/checks/running`)
    await until(async () => (await sitesOf(ask))[0]?.running === null)
    const { asked } = site
    await new Promise((done) => void setTimeout(done, 500))
    expect(site.asked).toBe(asked)
    expect((await sitesOf(ask))[0]?.last).toBe(null)
    await ask('POST', `sites/${id}/checks`)
    await until(async () => site.asked > asked + 1)
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'goes on where a check stood when %s ended it',
    async (signal) => {
      await using site = await openSite(slowPages(60, 50))
      const env = { DATA_DIR: temporaryFolder(), PRIVATE_SITES: site.url }
      const before = await startChecker(env)
      const id = await added(clientOf(before.url), site.url)
      await clientOf(before.url)('POST', `sites/${id}/checks`)
      await until(async () => site.asked > 30)
      const answer = site.hold()
      before.kill(signal)
      expect(await before.ended).toBe(signal === 'SIGTERM' ? 0 : signal)
      answer()
      const after = await startChecker(env)
      const { check } = await checked(clientOf(after.url), id)
      expect(check.pages).toBe(61)
      expect(site.asked).toBeLessThan(61 + 1 + 2 * 8) // those in flight, and robots.txt
    },
  )

  it('says what is wrong with a setting, and exits with 1', async () => {
    const started = startChecker({ MAX_PAGES: 'many' })
    await expect(started).rejects.toThrow(
      /^it ended before it listened:\nsite-checker: MAX_PAGES must be a whole number from 0 to 1000000, got "many"\n$/,
    )
    await expect(startChecker({ TOKENS: 'ann:short' })).rejects.toThrow('tokens of 16 characters')
  })
})
