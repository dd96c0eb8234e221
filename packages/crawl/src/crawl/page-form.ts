import type { PageNode } from '../extract/page-node.ts'
import type { PageForm } from './crawl-page.ts'

/** Reads a form as a browser would send it when nobody touches it [HTML 4.10.22.4]. */
export function readForm(page: PageNode, url: string, selector: string): PageForm | undefined {
  const form = page.first(selector)
  if (form === undefined) return undefined
  const fields: Record<string, string> = {}
  for (const input of form.all('input[name]:not([disabled])')) {
    const type = input.attribute('type')?.toLowerCase() ?? 'text'
    if (/^(submit|button|image|reset|file)$/.test(type)) continue
    const isBox = type === 'checkbox' || type === 'radio'
    if (isBox && input.attribute('checked') === undefined) continue
    fields[input.attribute('name') ?? ''] = input.attribute('value') ?? (isBox ? 'on' : '')
  }
  for (const area of form.all('textarea[name]:not([disabled])')) {
    fields[area.attribute('name') ?? ''] = area.text
  }
  for (const select of form.all('select[name]:not([disabled])')) {
    const chosen = select.first('option[selected]') ?? select.first('option')
    if (chosen === undefined) continue
    fields[select.attribute('name') ?? ''] = chosen.attribute('value') ?? chosen.text
  }
  const action = form.attribute('action') ?? ''
  return {
    action: action === '' ? url : action,
    method: (form.attribute('method') ?? 'GET').toUpperCase(),
    fields,
  }
}
