import { AsyncLocalStorage } from 'node:async_hooks'
import { gather, MisuseError, sleep, TaskLocal } from 'corral'
import { expect, test } from 'vitest'
import { requestId } from '../modules/sums.ts'
import { openPool } from '../open-pool.ts'

test('a value that is declared on both sides travels into the thread', async () => {
  await using pool = openPool({ context: { requestId } })
  const ids = await gather(
    ['a', 'b', 'c'].map((id) => () => requestId.run(id, () => pool.run('requestId'))),
  )
  expect(ids).toEqual(['a', 'b', 'c'])
  expect(await pool.run('requestId')).toBe('none')
})

test('an iteration has the value of where it was made', async () => {
  await using pool = openPool({ context: { requestId } })
  const iteration = requestId.run('made here', () => pool.iterate('yieldRequestId'))
  expect(await requestId.run('read there', () => iteration.next())).toMatchObject({
    value: 'made here',
  })
})

test('a value that is not declared stays where it is', async () => {
  await using pool = openPool()
  expect(await requestId.run('x', () => pool.run('requestId'))).toBe('none')
})

test('a name that the module does not declare is refused', async () => {
  await using pool = openPool({ context: { tenant: new TaskLocal('none') } })
  const error = await pool.run('requestId').catch((e: unknown) => e)
  expect(error).toBeInstanceOf(MisuseError)
  expect(String(error)).toContain('context.tenant is not declared by the module')
  expect(pool.threads).toBe(0)
})

test('what is no TaskLocal is refused', () => {
  const storage = new AsyncLocalStorage() as unknown as TaskLocal<string>
  const context = { requestId: Object.create(null) as typeof storage }
  expect(() => openPool({ context })).toThrow('context.requestId must be a TaskLocal')
})

test('a value that cannot be copied is refused with the call', async () => {
  await using pool = openPool({ context: { requestId } })
  const odd = (() => 1) as unknown as string
  await expect(requestId.run(odd, () => pool.run('requestId'))).rejects.toMatchObject({
    code: 'CLONE',
  })
  await sleep(1)
  expect(await pool.run('add', [1, 2])).toBe(3)
})
