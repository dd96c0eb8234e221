import { expectTypeOf, it } from 'vitest'
import { api } from '../src/index.ts'

it('a handler gets the parameters that its path names, as the compiler sees it', () => {
  const app = api()
  app.get('/users/:id/orders/:order_no', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<{ readonly id: string; readonly order_no: string }>()
  })
  app.get('/assets/**:path', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<{ readonly path: string }>()
  })
  app.get('/', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<{}>()
  })
})

it('and any of a path that is not known, or has patterns of other kinds', () => {
  const app = api()
  const path: string = '/users/:id'
  type AnyParams = { readonly [name: string]: string }
  app.get(path, ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<AnyParams>()
  })
  app.get('/users/:id?', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<AnyParams>()
  })
  app.get('/files/*', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<AnyParams>()
  })
  app.get('/:a/:n(\\d+)', ({ params }) => {
    expectTypeOf(params).toEqualTypeOf<AnyParams>()
  })
})
