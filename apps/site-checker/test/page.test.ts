import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { chromium, openPage } from '../../../packages/cli/test/browser.ts'
import { added, checked, until } from './checks.ts'
import { clientOf } from './client-of.ts'
import { startChecker } from './start-checker.ts'
import { openSite, slowPages } from './site.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe.runIf(chromium !== undefined)('the page', () => {
  it('adds a site, shows how the check goes on, survives a reload, cancels, and reports', async () => {
    await using site = await openSite({
      ...slowPages(60, 400),
      '/page-7': '<p>no title <a href=/gone>x</a>',
    })
    const { url } = await startChecker({ DATA_DIR: temporaryFolder(), PRIVATE_SITES: site.url })
    await using page = await openPage(`${url}/#token=ann-has-this-token`)
    const shown = async (expression: string): Promise<void> => {
      while ((await page.evaluate<unknown>(expression)) !== true) {
        await new Promise((done) => void setTimeout(done, 50))
      }
    }
    const click = (text: string): Promise<void> =>
      shown(
        `(() => { const found = [...document.querySelectorAll('button')].find((b) => b.textContent === '${text}'); found?.click(); return found !== undefined })()`,
      )
    const state = `(document.querySelector('#sites td.state')?.textContent ?? '')`

    await shown(`document.getElementById('live').textContent === 'live'`)
    expect(await page.evaluate('location.hash')).toBe('')
    await page.evaluate(`document.querySelector('#add [name=url]').value = '${site.url}'`)
    await click('Add')
    await shown(`/^[1-9]\\d* pages/.test(${state})`)
    await page.evaluate('location.reload()')
    await shown(`${state} !== '' && document.getElementById('live').textContent === 'live'`)
    await shown(`/^[1-9]\\d* pages/.test(${state})`)
    await click('Cancel')
    await shown(`${state} === 'never checked'`)

    for (const path of Object.keys(site.pages)) {
      const answer = site.pages[path]
      if (typeof answer === 'object' && 'after' in answer) site.pages[path] = answer.html
    }
    await click('Check')
    await shown(`${state}.startsWith('checked')`)
    await click('Report')
    await shown(`document.querySelectorAll('#findings tbody tr').length === 2`)
    await page.evaluate(
      `(() => { const form = document.getElementById('filter'); form.elements.kind.value = 'untitled'; form.dispatchEvent(new Event('input')) })()`,
    )
    await shown(`document.querySelectorAll('#findings tbody tr').length === 1`)
    expect(await page.evaluate(`document.querySelector('#findings tbody').innerText`)).toContain(
      'without a title',
    )
    await click('Log out')
    await shown(`!document.getElementById('login').hidden`)
    expect(page.complaints).toEqual([])
  })

  it('is accessible on a desk, on a phone and in the dark: axe finds nothing', async () => {
    await using site = await openSite({
      '/': '<title>a</title><a href=/gone>x</a><a href=/b>y</a>',
      '/b': '<p>no title',
    })
    const { url } = await startChecker({ DATA_DIR: temporaryFolder(), PRIVATE_SITES: site.url })
    const ask = clientOf(url)
    const id = await added(ask, site.url, { schedule: 'nightly' })
    for (let i = 0, last: string | undefined; i < 3; i++) {
      await ask('POST', `sites/${id}/checks`)
      last = (await checked(ask, id, last)).check.id
    }
    await using page = await openPage(`${url}/`)
    const shown = async (expression: string): Promise<void> =>
      void (await until(async () => (await page.evaluate<unknown>(expression)) === true))
    const violations = async (): Promise<unknown[]> => {
      const found = []
      for (const look of looks) {
        const picture = await page.screenshot(look)
        expect(picture.length).toBeGreaterThan(1000)
        found.push(
          ...(await page.evaluate<unknown[]>(`axe.run().then(({ violations }) =>
          violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`)),
        )
      }
      return found
    }
    await shown(`document.getElementById('login')?.hidden === false`)
    expect(await page.evaluate('document.activeElement.id')).toBe('token')
    expect(await page.evaluate(`document.getElementById('problem').hidden`)).toBe(true)
    await page.evaluate(axe.source)
    expect(await violations()).toEqual([])
    await page.evaluate(`location.replace('${url}/#token=ann-has-this-token'); location.reload()`)
    await shown(`document.getElementById('live')?.textContent === 'live'`)
    await page.evaluate(axe.source)
    await page.evaluate(
      `[...document.querySelectorAll('button')].find((b) => b.textContent === 'Report').click()`,
    )
    await shown(`document.querySelectorAll('#findings tbody tr').length === 2`)
    expect(await violations()).toEqual([])
  })
})

const looks = [
  { width: 1280, height: 900 },
  { width: 1280, height: 900, dark: true },
  { width: 390, height: 844 },
]
