import { spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  currentTask,
  isCancelled,
  now,
  run,
  sleep,
  spawn,
  stopping,
  TaskCancelledError,
  taskGroup,
} from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of its own and tells how it ended; `signals` are sent one after another once it is ready. */
async function program(
  name: string,
  args: string[] = [],
  signals: NodeJS.Signals[] = [],
): Promise<Ended> {
  const path = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
  const child = spawnProcess(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (!stdout.startsWith('ready')) return
    for (const [i, signal] of signals.splice(0).entries()) {
      setTimeout(() => child.kill(signal), i * 1000) // two that are pending at a time would be one
    }
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

describe('run', () => {
  it('returns what main returns and throws what main throws', async () => {
    expect(await run(async () => 7)).toBe(7)
    const failure = new Error('main')
    await expect(
      run(() => {
        throw failure
      }),
    ).rejects.toBe(failure)
  })

  it('throws the first failure of a task that main has spawned', async () => {
    const failure = new Error('task')
    await expect(
      run(async () => {
        spawn(() => {
          throw failure
        })
        await sleep(60_000)
      }),
    ).rejects.toBe(failure)
  })

  it('refuses to run inside another run, and work that is no function', async () => {
    await run(async () => {
      await expect(run(async () => 1)).rejects.toThrow(
        'run: task main is inside a run already; await main() instead',
      )
    })
    await expect(run(1 as never)).rejects.toThrow('run: main must be a function, got 1 (number)')
  })

  it('is cancelled by a foreign signal and throws its reason on', async () => {
    const controller = new AbortController()
    const running = run(() => taskGroup(() => sleep(60_000)), { signal: controller.signal })
    controller.abort('enough')
    const error = await running.catch((thrown: unknown) => thrown)
    expect(isCancelled(error) && error.reason).toBe('enough')
  })

  it('leaves no listener on the process', async () => {
    const before = process.eventNames().map((name) => [name, process.listenerCount(name)])
    await run(() => sleep(1))
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(before)
  })

  it('listens once for all programs that run, and until the last of them has ended', async () => {
    const events = ['SIGINT', 'SIGTERM', 'beforeExit']
    const counts = () => events.map((event) => process.listenerCount(event))
    const before = counts()
    const one = before.map((count) => count + 1)
    const gates = Array.from({ length: 30 }, () => Promise.withResolvers<void>())
    const programs = gates.map(({ promise }) => run(() => promise))
    expect(counts()).toEqual(one)
    const last = gates.pop()
    for (const { resolve } of gates) resolve()
    await Promise.all(programs.slice(0, -1))
    expect(counts()).toEqual(one)
    last?.resolve()
    await programs.at(-1)
    expect(counts()).toEqual(before)
    await run(async () => expect(counts()).toEqual(one))
    expect(counts()).toEqual(before)
  })

  it('cancels and awaits what main left behind, and lets the process end', async () => {
    expect(await program('quits')).toEqual({
      code: 0,
      stdout: 'left behind, cancelled\nmain has returned\n',
      stderr: '',
    })
  })

  it('throws what a task that main left behind throws in its cleanup', async () => {
    const failure = new Error('cleanup')
    await expect(
      run(
        async () => {
          spawn(async () => {
            await sleep(60_000).catch(() => {
              throw failure
            })
          })
          await sleep(0)
        },
        { handleSignals: false },
      ),
    ).rejects.toBe(failure)
  })

  it('reports a deadlock, runs the cleanup, and exits with 1', async () => {
    const { code, stdout, stderr } = await program('deadlock')
    expect(code).toBe(1)
    expect(stdout).toBe('first cleans up\n')
    expect(stderr).toContain('BrokenError: run: deadlock;')
    expect(stderr).toMatch(/corral: deadlock: nothing is left that could wake these tasks/)
    expect(stderr).toMatch(/├ first +waits for Future.wait/)
    expect(stderr).toMatch(/└ second +waits for Future.wait/)
  })

  it('reports no deadlock while a signal could still end the wait: it says so once and stays alive', async () => {
    const { code, stdout, stderr } = await program('bound-signal')
    expect([code, stdout]).toEqual([0, 'AbortError\n'])
    expect(stderr.match(/only an AbortSignal can still end these waits/g)).toHaveLength(1)
    expect(stderr).toMatch(/main\s+waits for Queue\.get/)
    expect(stderr).not.toContain('deadlock')
  })

  it('reports a deadlock of tasks nested thousands deep', async () => {
    const { code, stderr } = await program('deep')
    expect(code).toBe(1)
    expect(stderr).toContain('BrokenError: run: deadlock;')
    expect(stderr).toMatch(/^main +waits for Task, /m)
    expect(stderr).toMatch(/ └ \.\.\. 2981 more +the last one waits for Future\.wait, /)
    expect(stderr.length).toBeLessThan(10_000)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('cancels the program at the first %s and exits with %i', async (signal, code) => {
    const ended = await program('interrupted', [], [signal])
    expect(ended).toEqual({ code, stdout: 'ready\ncleaned up\n', stderr: '' })
  })

  it.each([
    [
      'drains within its grace, and goes on after run with an untouched exit code',
      'drain',
      1,
      0,
      'drained\nvalue\n',
    ],
    ['is cancelled when its grace is over', 'overdue', 1, 143, 'cut short\n'],
    ['is cancelled by the second signal within its grace', 'patient', 2, 143, 'cut short\n'],
    ['exits at once at the third signal', 'deaf', 3, 143, ''],
  ] as const)('asked to stop %s', async (_, mode, times, code, rest) => {
    const ended = await program(
      'stopping',
      [mode],
      Array.from({ length: times }, () => 'SIGTERM'),
    )
    expect(ended).toEqual({ code, stdout: `ready\nstopping\n${rest}`, stderr: '' })
  })

  it('writes out what it has printed before a signal ends it, however slow the reader is', async () => {
    const { code, stdout } = await program('printing', [], ['SIGINT'])
    expect(code).toBe(130)
    expect(stdout.length).toBe('ready\n'.length + 5_000_000)
  })

  it('waits for a reader that does not read no longer than until the next signal', async () => {
    const path = fileURLToPath(new URL('programs/printing.ts', import.meta.url))
    const child = spawnProcess(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    child.stdout.pause()
    child.kill('SIGINT')
    const signals = setInterval(() => child.kill('SIGINT'), 1000)
    const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
    clearInterval(signals)
    child.stdout.destroy()
    expect(signal ?? code).toBeOneOf(['SIGINT', 130])
  })

  it('throws TaskCancelledError when main cancels itself', async () => {
    const cancelled = run(async () => {
      currentTask()?.cancel('enough')
      await sleep(1)
    })
    await expect(cancelled).rejects.toBeInstanceOf(TaskCancelledError)
    await expect(cancelled).rejects.toThrow('task main was cancelled: enough')
  })

  it('runs inside a test run, with its virtual time and its way to stop', () =>
    testRun(async () => {
      const seen: unknown[] = []
      spawn(async () => {
        await sleep(1000)
        seen.push('asked')
      })
      const value = await run(
        async () => {
          void spawn(() => sleep(60_000)).settled()
          await sleep(2000)
          stopping().set()
          await stopping().wait()
          return now()
        },
        { grace: 500 },
      )
      expect([value, ...seen]).toEqual([2000, 'asked'])
    }))

  it('exits at once at the second signal', async () => {
    const ended = await program('interrupted', ['slow'], ['SIGINT', 'SIGINT'])
    expect(ended).toEqual({ code: 130, stdout: 'ready\n', stderr: '' })
  })

  it('lets timers through while calls are all ready at once', async () => {
    const { stdout } = await program('fair')
    const { ticks, calls } = JSON.parse(stdout) as { ticks: number; calls: number }
    expect(calls).toBeGreaterThan(1000)
    expect(ticks).toBe(10)
  })

  it('lets timers through at a checkpoint that comes after a long computation', async () => {
    const { stdout } = await program('computing')
    expect(Number(stdout)).toBeGreaterThanOrEqual(10)
  })

  it('lets timers through while a loop takes no notice of its cancellation', async () => {
    const { stdout } = await program('deaf')
    const { ticks, calls } = JSON.parse(stdout) as { ticks: number; calls: number }
    expect(ticks).toBe(3)
    expect(calls).toBeGreaterThan(1000)
  })
})
