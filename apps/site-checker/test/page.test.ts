import { describe, expect, it } from 'vitest'
import { chromium, openPage } from '../../../packages/cli/test/browser.ts'
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
    const until = async (expression: string): Promise<void> => {
      while ((await page.evaluate<unknown>(expression)) !== true) {
        await new Promise((done) => void setTimeout(done, 50))
      }
    }
    const click = (text: string): Promise<void> =>
      until(
        `(() => { const found = [...document.querySelectorAll('button')].find((b) => b.textContent === '${text}'); found?.click(); return found !== undefined })()`,
      )
    const state = `(document.querySelector('#sites td.state')?.textContent ?? '')`

    await until(`document.getElementById('live').textContent === 'live'`)
    expect(await page.evaluate('location.hash')).toBe('')
    await page.evaluate(`document.querySelector('#add [name=url]').value = '${site.url}'`)
    await click('Add')
    await until(`/^[1-9]\\d* pages/.test(${state})`)
    await page.evaluate('location.reload()')
    await until(`${state} !== '' && document.getElementById('live').textContent === 'live'`)
    await until(`/^[1-9]\\d* pages/.test(${state})`)
    await click('Cancel')
    await until(`${state} === 'never checked'`)

    for (const path of Object.keys(site.pages)) {
      const answer = site.pages[path]
      if (typeof answer === 'object' && 'after' in answer) site.pages[path] = answer.html
    }
    await click('Check')
    await until(`${state}.startsWith('checked')`)
    await click('Report')
    await until(`document.querySelectorAll('#findings tbody tr').length === 2`)
    await page.evaluate(
      `(() => { const form = document.getElementById('filter'); form.elements.kind.value = 'untitled'; form.dispatchEvent(new Event('input')) })()`,
    )
    await until(`document.querySelectorAll('#findings tbody tr').length === 1`)
    expect(await page.evaluate(`document.querySelector('#findings tbody').innerText`)).toContain(
      'without a title',
    )
    await click('Log out')
    await until(`!document.getElementById('login').hidden`)
    expect(page.complaints).toEqual([])
  })
})
