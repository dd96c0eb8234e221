import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Validator } from '@seriousme/openapi-schema-validator'
import openapiTs, { astToString } from 'openapi-typescript'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api, docsPage } from '../src/index.ts'

const Order = z.object({ items: z.array(z.object({ sku: z.string(), count: z.int().min(1) })) })
const Receipt = z.object({ id: z.string(), total: z.number(), note: z.string().optional() })

const app = api({ title: 'Orders <&>', version: '1.2.0' })
app.get('/orders/:id', () => ({ id: '1', total: 1 }), {
  summary: 'One order',
  params: z.object({ id: z.uuid() }),
  query: z.object({ full: z.boolean().optional(), page: z.int().default(1) }),
  headers: z.object({ 'x-tenant': z.string() }),
  response: Receipt,
})
app.post('/users/:user/orders', () => ({ id: '1', total: 1 }), { body: Order, response: Receipt })
app.delete('/orders/:id', () => undefined)
app.get('/files/**:path', () => 'x')
app.get('/docs', docsPage(app))

describe('the OpenAPI document for others', () => {
  it('is valid to a validator that nobody here wrote', async () => {
    const { valid, errors } = await new Validator().validate(app.openApi())
    expect([valid, errors]).toEqual([true, undefined])
  })

  it('makes a client of openapi-typescript that the compiler takes, and holds to it', async () => {
    const types = astToString(await openapiTs(app.openApi() as never))
    const here = fileURLToPath(new URL('.', import.meta.url))
    const folder = mkdtempSync(join(here, 'generated-'))
    try {
      writeFileSync(join(folder, 'api.ts'), types)
      const client = (sku: string): string => `
import type { paths } from './api.ts'
type Post = paths['/users/{user}/orders']['post']
export const body: Post['requestBody']['content']['application/json'] = { items: [{ sku: ${sku}, count: 1 }] }
export const path: Post['parameters']['path'] = { user: '7' }
export const query: paths['/orders/{id}']['get']['parameters']['query'] = { full: true }
export const total: number = ({} as Post['responses'][200]['content']['application/json']).total
`
      const check = (text: string): string => {
        writeFileSync(join(folder, 'client.ts'), text)
        const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))
        const args = ['--noEmit', '--strict', '--allowImportingTsExtensions', '--ignoreConfig']
        return spawnSync(tsc, [...args, join(folder, 'client.ts')], { encoding: 'utf8' }).stdout
      }
      expect(check(client("'a'"))).toBe('')
      expect(check(client('7'))).toContain("Type 'number' is not assignable to type 'string'")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is a page for people, which asks nobody for anything', () => {
    const { body, headers } = docsPage(app)()
    const page = String(body)
    expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'")
    expect(page).toContain('<title>Orders &lt;&amp;&gt;</title>')
    expect(page).toContain('<code>/users/{user}/orders</code>')
    expect(page).toContain('x-tenant')
    expect(page).not.toMatch(/<script|https?:/)
  })
})
