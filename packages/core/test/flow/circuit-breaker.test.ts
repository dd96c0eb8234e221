import {
  CancelScope,
  CircuitBreaker,
  CircuitOpenError,
  type CircuitState,
  Keyed,
  sleep,
  spawn,
  timeout,
} from 'corral'
import { testRun } from 'corral/testing'
import { unhandled } from '../unhandled.ts'
import { describe, expect, expectTypeOf, test } from 'vitest'

const fail = (message = 'boom') => Promise.reject(new Error(message))

async function break_(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await expect(breaker.use(() => fail())).rejects.toThrow('boom')
}

describe('CircuitBreaker', () => {
  test('CircuitBreaker opens after failures in a row, and then calls nothing', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 3, cooldown: 1000 })
      await break_(breaker, 2)
      expect(breaker.state).toBe('closed')
      await break_(breaker, 1)
      expect(breaker.state).toBe('open')
      await sleep(400)
      let calls = 0
      const refused: unknown = await breaker.use(() => ++calls).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(CircuitOpenError)
      expect(refused).toMatchObject({ code: 'CIRCUIT_OPEN', retryAfter: 600 })
      expect(calls).toBe(0)
    }))

  test('an onChange that throws replaces neither the value nor the error of the work, and is reported', async () => {
    const results: unknown[] = []
    const lost = await unhandled(() =>
      testRun(
        async () => {
          const onChange = (state: CircuitState): never => {
            throw new RangeError(state)
          }
          const breaker = new CircuitBreaker({ failures: 1, cooldown: 10, onChange })
          results.push(await breaker.use(() => fail()).catch((error: Error) => error.message))
          await sleep(10)
          results.push(await breaker.use(() => 'fine'))
          expect(breaker.state).toBe('closed')
        },
        { unhandled: 'report' },
      ),
    )
    expect(results).toEqual(['boom', 'fine'])
    expect(lost).toEqual(['open', 'half-open', 'closed'].map((state) => new RangeError(state)))
  })

  test('a success in between begins the count anew', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 2 })
      for (let i = 0; i < 5; i++) {
        await break_(breaker, 1)
        expect(await breaker.use(() => 'fine')).toBe('fine')
      }
      expect(breaker.state).toBe('closed')
    }))

  test('after the cooldown one trial is let through: its success closes', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 1000 })
      await break_(breaker, 1)
      await sleep(1000)
      expect(breaker.state).toBe('half-open')
      const trial = spawn(() => breaker.use(() => sleep(50)))
      await sleep(10)
      await expect(breaker.use(() => 1)).rejects.toBeInstanceOf(CircuitOpenError)
      await trial
      expect(breaker.state).toBe('closed')
      expect(await breaker.use(() => 1)).toBe(1)
    }))

  test('a trial that fails opens it again for a whole cooldown', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 5, cooldown: 1000 })
      await break_(breaker, 5)
      await sleep(1000)
      await break_(breaker, 1)
      expect(breaker.state).toBe('open')
      await sleep(999)
      expect(breaker.state).toBe('open')
      await sleep(1)
      expect(breaker.state).toBe('half-open')
    }))

  test('several trials must all succeed, and no more than those run', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 10, trials: 3 })
      await break_(breaker, 1)
      await sleep(10)
      await breaker.use(() => 1)
      const trials = [
        spawn(() => breaker.use(() => sleep(5))),
        spawn(() => breaker.use(() => sleep(9))),
      ]
      await sleep(1)
      await expect(breaker.use(() => 1)).rejects.toBeInstanceOf(CircuitOpenError)
      await trials[0]
      expect(breaker.state).toBe('half-open')
      await trials[1]
      expect(breaker.state).toBe('closed')
    }))

  test('a trial that is cancelled gives its place to the next', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 10 })
      await break_(breaker, 1)
      await sleep(10)
      await expect(timeout(5, () => breaker.use(() => sleep(100)))).rejects.toThrow('timed out')
      expect(breaker.state).toBe('half-open')
      expect(await breaker.use(() => 'trial')).toBe('trial')
      expect(breaker.state).toBe('closed')
    }))

  test('a cancellation is no failure, an error in a cancelled scope neither', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1 })
      const scope = new CancelScope({ deadline: 5 })
      await scope.run(() => breaker.use(() => sleep(100)))
      const second = new CancelScope({ deadline: 10 })
      const failing = second.run(() =>
        breaker.use(async () => {
          try {
            await sleep(100)
          } catch {
            throw new Error('in cleanup')
          }
        }),
      )
      await expect(failing).rejects.toThrow('in cleanup')
      expect([breaker.state, breaker.idle]).toEqual(['closed', true])
    }))

  test('calls that began before it opened do not count any more', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 100 })
      const late = spawn(() => breaker.use(() => sleep(150)))
      const worse = spawn(async () => {
        await expect(breaker.use(() => sleep(120).then(() => fail('late')))).rejects.toThrow('late')
      })
      await sleep(1)
      await break_(breaker, 1)
      await sleep(110)
      expect(breaker.state).toBe('half-open')
      const trial = spawn(() => breaker.use(() => sleep(60)))
      await worse // fails at 120, in the middle of the trial
      expect(breaker.state).toBe('half-open')
      await late // succeeds at 150
      expect(breaker.state).toBe('half-open')
      await trial
      expect(breaker.state).toBe('closed')
    }))

  test('isFailure decides; what is no failure is a success', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({
        failures: 2,
        cooldown: 10,
        isFailure: (error) => (error as Error).message !== 'not found',
      })
      await break_(breaker, 1)
      await expect(breaker.use(() => fail('not found'))).rejects.toThrow('not found')
      await break_(breaker, 1)
      expect(breaker.state).toBe('closed')
      await break_(breaker, 1)
      await sleep(10)
      await expect(breaker.use(() => fail('not found'))).rejects.toThrow('not found')
      expect(breaker.state).toBe('closed')
    }))

  test('a fn that throws before it waits counts too', () =>
    testRun(async () => {
      const breaker = new CircuitBreaker({ failures: 1 })
      const thrown = breaker.use(() => {
        throw new Error('at once')
      })
      await expect(thrown).rejects.toThrow('at once')
      expect(breaker.state).toBe('open')
    }))

  test('onChange is told of each change, with the error that opened it', () =>
    testRun(async () => {
      const changes: [CircuitState, unknown][] = []
      const breaker = new CircuitBreaker({
        failures: 1,
        cooldown: 10,
        onChange: (state, error) => changes.push([state, (error as Error | undefined)?.message]),
      })
      await break_(breaker, 1)
      await sleep(10)
      await breaker.use(() => 1)
      expect(changes).toEqual([
        ['open', 'boom'],
        ['half-open', undefined],
        ['closed', undefined],
      ])
    }))

  test('a Keyed keeps a breaker that has seen failures', () =>
    testRun(async () => {
      const perHost = new Keyed(() => new CircuitBreaker({ failures: 2 }))
      const call = (host: string, fn: () => Promise<unknown>) =>
        perHost.use(host, (breaker) => breaker.use(fn))
      await expect(call('a', fail)).rejects.toThrow('boom')
      await expect(call('a', fail)).rejects.toThrow('boom')
      await expect(call('a', fail)).rejects.toBeInstanceOf(CircuitOpenError)
      await call('b', async () => 1)
      expect([...perHost.keys()]).toEqual(['a'])
    }))

  test('arguments are checked', async () => {
    expect(() => new CircuitBreaker({ failures: 0 })).toThrow(
      'CircuitBreaker: failures must be a whole number of at least 1, got 0 (number)',
    )
    expect(() => new CircuitBreaker({ cooldown: -1 })).toThrow('CircuitBreaker: cooldown must be')
    expect(() => new CircuitBreaker({ trials: 0.5 })).toThrow('CircuitBreaker: trials must be')
    await expect(new CircuitBreaker().use(1 as never)).rejects.toThrow('CircuitBreaker.use: fn')
  })

  test('types: the result is that of fn', () => {
    expectTypeOf(() =>
      new CircuitBreaker().use(async () => 1),
    ).returns.resolves.toEqualTypeOf<number>()
  })
})
