import { existsSync, readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { BusyError, CancelScope, isCancelled, moveOnAfter, sleep, spawn } from 'corral'
import { snapshot } from 'corral/lowlevel'
import { describe, expect, it } from 'vitest'
import { openProcess } from '../../src/index.ts'
import { living, newMark, until } from '../living.ts'

describe('openProcess', () => {
  it('talks with the program', async () => {
    await using child = await openProcess('cat', [], { stdin: 'pipe' })
    expect(await child.stdin.write('one\n')).toBe(true)
    expect(String(await child.stdout.readUntil('\n'))).toBe('one\n')
    await child.stdin.close()
    expect(await child.stdout.read()).toBeUndefined()
    expect(await child.exited()).toEqual({ code: 0, signal: undefined, leftovers: [] })
  })

  it('ends all with the block', async () => {
    const mark = newMark()
    {
      await using child = await openProcess('sh', ['-c', 'sleep 300 & sleep 300'], {
        env: { MARK: mark },
      })
      await until(() => living(mark).length === 3)
      expect(living(mark)).toContain(child.pid)
    }
    expect(living(mark)).toEqual([])
  })

  it('exited works whoever reads, and a cancelled wait leaves the process alone', async () => {
    await using child = await openProcess('sh', ['-c', 'echo ready; exec cat'], { stdin: 'pipe' })
    expect(await moveOnAfter(10, () => child.exited())).toEqual({ timedOut: true })
    const waits = [spawn(() => child.exited()), spawn(() => child.exited())]
    await child.stdin.close()
    for (const wait of waits) expect((await wait).code).toBe(0)
    expect((await child.exited()).code).toBe(0)
    expect(String(await child.stdout.read())).toBe('ready\n') // it stays, also after the end
  })

  it('names its waits', async () => {
    await using child = await openProcess('sleep', ['300'])
    const wait = spawn(() => child.exited())
    await sleep(0)
    expect(inspect(snapshot(), { depth: 9 })).toContain('Process.exited sleep')
    wait.cancel()
  })

  it('signals the group, and nobody after it has gone', async () => {
    await using child = await openProcess('sh', ['-c', 'sleep 300; true'])
    child.signal('SIGKILL')
    expect(await child.exited()).toMatchObject({ signal: 'SIGKILL' })
    child.signal('SIGKILL')
    await child.stop()
  })

  it('stop gives the program time, and keeps what it says meanwhile', async () => {
    const script = 'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done'
    await using child = await openProcess('sh', ['-c', script], { grace: 60_000 })
    await child.stdout.readUntil('\n')
    await child.stop()
    expect((await child.exited()).code).toBe(7)
    expect(String(await child.stdout.readUntil('\n'))).toBe('bye\n')
  })

  it('stop wakes one that is stopped, so that it can clean up', async () => {
    const script = 'trap "exit 7" TERM; kill -STOP $$; while :; do sleep 0.05; done'
    await using child = await openProcess('sh', ['-c', script], { grace: 30_000 })
    await until(() => / T /.test(readFileSync(`/proc/${child.pid}/stat`, 'latin1')))
    await child.stop()
    expect((await child.exited()).code).toBe(7)
  })

  // A member whose parent has left the group and does not reap it: the group answers to signals for ever.
  it.skipIf(!existsSync('/usr/bin/python3'))('stop does not wait for zombies', async () => {
    const mark = newMark()
    const script = `
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(300)
    os.setsid()
    print('ready', flush=True)
    time.sleep(300)
time.sleep(300)`
    const env = { MARK: mark }
    await using child = await openProcess('/usr/bin/python3', ['-c', script], { env, grace: 300 })
    await child.stdout.readUntil('\n')
    await child.stop()
    expect(() => process.kill(-child.pid, 0)).not.toThrow()
    const rest = living(mark)
    for (const pid of rest) process.kill(pid, 'SIGKILL')
    expect(rest).toHaveLength(1) // the one that left
  })

  it('holds back a program whose output nobody reads', async () => {
    await using child = await openProcess('yes')
    const written = (): number => Number(/wchar: (\d+)/.exec(readIo(child.pid))?.[1])
    let before = -1
    while (written() !== before) {
      before = written()
      await sleep(100)
    }
    expect(before).toBeLessThan(2_000_000)
    expect(String(await child.stdout.readExactly(4))).toBe('y\ny\n')
  })

  it('a write waits for the program, and a cancelled one closes its input', async () => {
    await using child = await openProcess('sleep', ['300'], { stdin: 'pipe' })
    const big = Buffer.alloc(4_000_000)
    expect(await moveOnAfter(50, () => child.stdin.write(big))).toEqual({ timedOut: true })
    expect(await child.stdin.write('x')).toBe(false)
  })

  it('a write to a program that has gone is no error', async () => {
    await using child = await openProcess('true', [], { stdin: 'pipe' })
    await child.exited()
    await child.stdin.write('x')
    expect(await child.stdin.write('x'.repeat(1_000_000))).toBe(false)
    await child.stdin.close()
  })

  it('a second reader is refused', async () => {
    await using child = await openProcess('sleep', ['300'])
    const reading = spawn(() => child.stdout.read())
    await sleep(0)
    await expect(child.stdout.read()).rejects.toBeInstanceOf(BusyError)
    reading.cancel()
    await reading.settled()
  })

  it('in a cancelled scope starts nothing', async () => {
    const scope = new CancelScope()
    scope.cancel()
    let error: unknown
    await scope.run(async () => {
      await openProcess('sleep', ['300']).catch((caught: unknown) => (error = caught))
    })
    expect(isCancelled(error)).toBe(true)
  })
})

function readIo(pid: number): string {
  return readFileSync(`/proc/${pid}/io`, 'utf8')
}
