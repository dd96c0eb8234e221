import { describe, expect, test } from 'vitest'
import { nameStem } from '../src/name-stem.ts'

describe('nameStem', () => {
  test.each([
    ['req#41', 'req'],
    ['req-41', 'req'],
    ['task-7', 'task'],
    ['GET /users/7', 'GET /users/*'],
    ['GET /users/7/orders/12a', 'GET /users/*/orders/*'],
    ['job 9f0c2b1e-1d5f-4c1a-9a63-0123456789ab', 'job *'],
    ['worker 3', 'worker *'],
    ['http://127.0.0.1:8080/chapter/1/page-5.html?a=1', 'http://127.0.0.1:8080/*'],
    ['GET https://example.org/a', 'GET https://example.org/*'],
    ['GET /orders/:id #185', 'GET /orders/:id'],
    ['main', 'main'],
    ['http2', 'http'],
    ['', ''],
    ['41', ''],
  ])('%j is %j', (name, stem) => {
    expect(nameStem(name)).toBe(stem)
  })

  test('looks at the beginning of a name of a megabyte only', () => {
    expect(nameStem('x'.repeat(1_000_000))).toHaveLength(200)
  })
})
