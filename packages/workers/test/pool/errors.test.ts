import { CancelScope, CorralError, moveOnAfter, sleep } from 'corral'
import { describe, expect, test } from 'vitest'
import { WorkerError } from '../../src/index.ts'
import { NotFound } from '../modules/not-found.ts'
import { openPool } from '../open-pool.ts'

const caught = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  )

describe('an error of the function', () => {
  test('is of its class, with its cause, and has the stacks of both sides', async () => {
    await using pool = openPool({ threads: 1 })
    async function theCaller(): Promise<void> {
      await pool.run('fail', ['too big'])
    }
    const error = await caught(theCaller())
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('too big')
    expect((error.cause as Error).message).toBe('the cause')
    expect(Object.keys(error)).toEqual([])
    const [thread = '', caller = ''] = (error.stack ?? '').split('-- in a thread, called from --')
    expect(thread).toMatch(/^RangeError: too big\n +at .*fail .*sums\.ts:\d+:\d+/)
    expect(thread).not.toContain('thread-job')
    expect(caller).toMatch(/at (async )?theCaller .*errors\.test\.ts/)
    expect(caller).not.toContain('worker-pool.ts')
  })

  test('of a class of the program is of that class if the pool knows it', async () => {
    await using knowing = openPool({ threads: 1, errors: [NotFound] })
    const error = await caught(knowing.run('failLater', ['no page']))
    expect(error).toBeInstanceOf(NotFound)
    expect(error).toMatchObject({ name: 'NotFound', message: 'no page', status: 404 })
    await using ignorant = openPool({ threads: 1 })
    const plain = await caught(ignorant.run('failLater', ['no page']))
    expect(plain).not.toBeInstanceOf(NotFound)
    expect(plain).toMatchObject({ name: 'NotFound', message: 'no page', status: 404 })
  })

  test('of an unknown class is of the nearest known one, without what cannot be copied', async () => {
    await using pool = openPool({ threads: 1 })
    const error = await caught(pool.run('failStrangely'))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: 'never seen', detail: { depth: 3 } })
    expect(error).not.toHaveProperty('listener')
  })

  test('of corral is one of corral', async () => {
    await using pool = openPool({ threads: 1 })
    const error = await caught(pool.run('failByMisuse'))
    expect(error).toBeInstanceOf(CorralError)
    expect(error).toMatchObject({ name: 'MisuseError', code: 'MISUSE' })
  })

  test('that is no error is thrown as it is, or told', async () => {
    await using pool = openPool({ threads: 1 })
    expect(await caught(pool.run('throwValue', ['text']))).toBe('text')
    expect(await caught(pool.run('throwValue', [undefined]))).toBeUndefined()
    expect(await caught(pool.run('throwValue', [{ a: 1 }]))).toEqual({ a: 1 })
    expect(await caught(pool.run('throwSymbol'))).toBe('Symbol(odd)')
  })

  test('leaves its thread as it was', async () => {
    await using pool = openPool({ threads: 1 })
    const thread = await pool.run('thread')
    await caught(pool.run('fail', ['x']))
    expect(await pool.run('thread')).toBe(thread)
  })
})

describe('a thread that does not live to the end', () => {
  test('process.exit: EXIT for that call, the line goes on', async () => {
    await using pool = openPool({ threads: 1 })
    const [exit, add] = await Promise.allSettled([pool.run('exit', [3]), pool.run('add', [1, 2])])
    expect(exit).toMatchObject({
      reason: {
        name: 'WorkerError',
        code: 'EXIT',
        message:
          'WorkerPool: the thread of exit exited with code 3; return or throw instead of process.exit',
      },
    })
    expect(add).toEqual({ status: 'fulfilled', value: 3 })
  })

  test('an error that nobody caught: CRASH for that call, with the error', async () => {
    await using pool = openPool({ threads: 2 })
    const neighbour = pool.run('countSlowly', [100])
    const error = await caught(pool.run('crash'))
    expect(error).toBeInstanceOf(WorkerError)
    expect(error).toMatchObject({ code: 'CRASH', cause: { message: 'nobody caught this' } })
    expect(await neighbour).toBe('counted 100')
    expect(await pool.run('add', [1, 2])).toBe(3)
  })

  test('too little memory: MEMORY for that call, the neighbour goes on', async () => {
    await using pool = openPool({ threads: 2, memory: 32 })
    const neighbour = pool.run('countSlowly', [300])
    const error = await caught(pool.run('eatMemory'))
    expect(error).toMatchObject({ code: 'MEMORY' })
    expect(error.message).toContain('raise memory, now 32 MiB')
    expect(await neighbour).toBe('counted 300')
    expect(await pool.run('add', [1, 2])).toBe(3)
  }, 60_000)

  test('a crash between two calls goes to onError, and the next call has another thread', async () => {
    const errors: unknown[] = []
    await using pool = openPool({ threads: 1, onError: (error) => errors.push(error) })
    const thread = await pool.run('thread')
    await pool.run('crashWhenIdle')
    while (errors.length === 0) await sleep(5)
    expect(errors).toMatchObject([{ code: 'CRASH', cause: { message: 'after the end' } }])
    expect(await pool.run('thread')).not.toBe(thread)
    expect(pool.threads).toBe(1)
  })

  test('a call that is cancelled while it waits for the thread after a crash is cancelled', async () => {
    const errors: unknown[] = []
    await using pool = openPool({ threads: 1, onError: (error) => errors.push(error) })
    await pool.run('crashWhenIdle')
    while (errors.length === 0) await sleep(5)
    expect(await moveOnAfter(2, () => pool.run('add', [1, 2]))).toEqual({ timedOut: true })
    expect(await pool.run('add', [1, 2])).toBe(3)
    expect([pool.running, pool.waiting]).toEqual([0, 0])
  })

  test('while it is cancelled: that is what is thrown', async () => {
    await using pool = openPool({ threads: 1, cleanup: 5000 })
    const scope = new CancelScope()
    const error = await caught(
      scope.run(async () => {
        setTimeout(() => scope.cancel(), 600)
        await pool.run('exitsWhenCancelled')
      }),
    )
    expect(error).toMatchObject({ code: 'CRASH', cause: { message: 'on the way out' } })
  })
})
