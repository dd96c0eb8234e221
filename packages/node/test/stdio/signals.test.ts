import { CancelScope, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { signals } from '../../src/index.ts'
import { program } from './program.ts'

describe('signals', () => {
  it('hands out what is sent, several of a kind as one, and gives back the handlers of others', async () => {
    let heard = 0
    const other = (): void => void (heard += 1)
    process.on('SIGUSR2', other)
    const iterator = signals('SIGUSR2', 'SIGHUP')
    const first = iterator.next()
    process.emit('SIGUSR2')
    process.emit('SIGUSR2')
    process.emit('SIGHUP')
    expect(await first).toEqual({ done: false, value: 'SIGUSR2' })
    expect(await iterator.next()).toEqual({ done: false, value: 'SIGHUP' })
    expect(heard).toBe(0)
    await iterator.return?.()
    expect(process.listeners('SIGUSR2')).toEqual([other])
    expect(process.listeners('SIGHUP')).toEqual([])
    process.off('SIGUSR2', other)
  })

  it('cancelled in a loop gives the signal back with its scope', async () => {
    const scope = new CancelScope()
    const work = scope.run(async () => {
      for await (const _name of signals('SIGHUP'));
    })
    await sleep(1)
    expect(process.listenerCount('SIGHUP')).toBe(1)
    scope.cancel()
    await work
    expect(process.listenerCount('SIGHUP')).toBe(0)
  })

  it('two loops hear of the same signal', async () => {
    const [a, b] = [signals('SIGHUP'), signals('SIGHUP')]
    const both = Promise.all([a.next(), b.next()])
    process.emit('SIGHUP')
    expect((await both).map(({ value }) => value as string)).toEqual(['SIGHUP', 'SIGHUP'])
    await a.return?.()
    expect(process.listenerCount('SIGHUP')).toBe(1)
    await b.return?.()
    expect(process.listenerCount('SIGHUP')).toBe(0)
  })

  it('keep a program alive, which is no deadlock, and take SIGTERM away from run', async () => {
    await using child = await program(`
      await run(async () => {
        let heard = 0
        console.log('ready')
        for await (const name of signals('SIGTERM')) {
          console.log(name)
          if (++heard === 2) break
        }
        console.log('over')
      })`)
    await child.stdout.readUntil('ready\n')
    await sleep(100)
    child.signal('SIGTERM')
    await child.stdout.readUntil('SIGTERM\n')
    child.signal('SIGTERM')
    expect(String(await child.stdout.readUntil('over\n'))).toBe('SIGTERM\nover\n')
    expect((await child.exited()).code).toBe(0)
  })

  it('refuse what nobody can hear', () => {
    expect(() => signals()).toThrow('signals: names must be at least one')
    expect(() => signals('SIGKILL')).toThrow('signals: a name must be')
    expect(() => signals('SIGNONE' as 'SIGHUP')).toThrow('got "SIGNONE" (string)')
  })
})
