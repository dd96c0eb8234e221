import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api } from '../src/index.ts'
import { testClient } from '../src/testing.ts'

describe('the OpenAPI document', () => {
  it('tells of parameters, body and answer of every route', async () => {
    const app = api({ title: 'Orders', version: '1' })
    app.post('/users/:id/orders', () => ({ total: 1 }), {
      summary: 'Orders something',
      params: z.object({ id: z.string().length(8) }),
      query: z.object({ dry: z.boolean(), note: z.string().optional() }),
      body: z.object({ items: z.array(z.string()) }),
      response: z.object({ total: z.number() }),
    })
    app.get('/files/**:rest', () => 'x')
    const document = await testRun(async () => {
      await using client = await testClient(app)
      return await (await client.get('/openapi.json')).json()
    })
    const id = { name: 'id', in: 'path', required: true }
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Orders', version: '1' },
      paths: {
        '/users/{id}/orders': {
          post: {
            summary: 'Orders something',
            parameters: [
              { ...id, schema: { type: 'string', minLength: 8, maxLength: 8 } },
              { name: 'dry', in: 'query', required: true, schema: { type: 'boolean' } },
              { name: 'note', in: 'query', required: false, schema: { type: 'string' } },
            ],
            requestBody: {
              required: true,
              content: {
                'application/json': { schema: { type: 'object', required: ['items'] } },
              },
            },
            responses: {
              '200': {
                content: { 'application/json': { schema: { required: ['total'] } } },
              },
            },
          },
        },
        '/files/{rest}': {
          get: {
            parameters: [{ name: 'rest', in: 'path', required: true, schema: { type: 'string' } }],
          },
        },
      },
    })
    expect(Object.keys((document as { paths: object }).paths)).toHaveLength(2)
  })

  it('is served elsewhere or nowhere when told so, and allows anything where there is no JSON Schema', async () => {
    const any = {
      '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) },
    } as const
    const app = api({ openApiPath: false })
    app.post('/', () => 1, { body: any })
    await testRun(async () => {
      await using client = await testClient(app)
      expect((await client.get('/openapi.json')).status).toBe(404)
    })
    expect(app.openApi()).toMatchObject({
      paths: {
        '/': { post: { requestBody: { content: { 'application/json': { schema: {} } } } } },
      },
    })
  })
})
