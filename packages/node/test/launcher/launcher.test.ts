import { connect as rawConnect } from 'node:net'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gather, moveOnAfter, spawn } from 'corral'
import { describe, expect, it } from 'vitest'
import { exec, openLauncher, openProcess } from '../../src/index.ts'
import { living, newMark, until } from '../living.ts'
import { program } from '../stdio/program.ts'

describe('a launcher', () => {
  it('runs programs as we do: input, output, environment, folder, exit codes and signals', async () => {
    await using launcher = await openLauncher()
    const input = 'x'.repeat(2_000_000)
    expect((await exec('cat', [], { input, launcher })).stdout).toBe(input)
    const script = 'echo "$A in $PWD"; echo err >&2; exit 3'
    const result = await exec('sh', ['-c', script], {
      launcher,
      env: { A: '1' },
      cwd: '/',
      check: false,
    })
    expect(result).toMatchObject({ code: 3, stdout: '1 in /\n', stderr: 'err\n' })
    await expect(exec('sh', ['-c', 'kill -9 $$'], { launcher })).rejects.toMatchObject({
      code: 'SIGNAL',
      signal: 'SIGKILL',
    })
    const numbers = await gather(
      Array.from({ length: 50 }, (_, i) => () => exec('echo', [String(i)], { launcher })),
    )
    expect(numbers.map(({ stdout }) => Number(stdout))).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    )
  })

  it('tells what is not there, and what cannot be started', async () => {
    await using launcher = await openLauncher()
    await expect(exec('no-such-program', [], { launcher })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      missing: 'program',
    })
    await expect(exec('true', [], { launcher, cwd: '/no/such' })).rejects.toMatchObject({
      missing: 'cwd',
    })
    await expect(exec('a\0b', [], { launcher })).rejects.toMatchObject({ code: 'START' })
    expect((await exec('echo', ['on it goes'], { launcher })).stdout).toBe('on it goes\n')
  })

  it('leaves nobody behind when cancelled, or closed', async () => {
    const mark = newMark()
    const env = { MARK: mark }
    {
      await using launcher = await openLauncher()
      for (const ms of [0, 5, 50]) {
        await moveOnAfter(ms, () =>
          exec('sh', ['-c', 'sleep 300 & sleep 300'], { env, launcher, grace: 300 }),
        )
        expect(living(mark)).toEqual([])
      }
      await openProcess('sleep', ['300'], { env, launcher })
      expect(living(mark)).toHaveLength(1)
    }
    await until(() => living(mark).length === 0)
    expect(readdirSync(tmpdir()).filter((name) => name === 'socket')).toEqual([])
  })

  it('killed is a typed failure of what it ran, and its groups are gone', async () => {
    const mark = newMark()
    await using launcher = await openLauncher()
    const work = spawn(() =>
      exec('sh', ['-c', 'sleep 300 & sleep 300'], { env: { MARK: mark }, launcher }),
    )
    const failed = work.then(undefined, (error: unknown) => error)
    await until(() => living(mark).length === 3)
    await openProcess('sleep', ['300'], { env: { MARK: mark }, launcher })
    process.kill(launcher.pid as number, 'SIGKILL')
    expect(await failed).toMatchObject({ code: 'LAUNCHER' })
    await expect.poll(() => living(mark), { timeout: 20_000 }).toEqual([])
    await expect(exec('true', [], { launcher })).rejects.toMatchObject({ code: 'LAUNCHER' })
  })

  it('ends all groups when the one who opened it is killed', async () => {
    const mark = newMark()
    await using child = await program(
      `await run(async () => {
        await using launcher = await openLauncher()
        spawn(() => exec('sh', ['-c', 'trap "" TERM; sleep 300 & sleep 300; sleep 300'], { launcher, env: { MARK: process.argv[1] } }))
        await sleep(Infinity)
      })`,
      { grace: 0 },
      mark,
    )
    await until(() => living(mark).length === 3)
    process.kill(child.pid, 'SIGKILL')
    await until(() => living(mark).length === 0)
    expect(living(mark)).toEqual([])
  })

  it('that cannot be forked is a typed failure', async () => {
    const source = `import { openSync } from 'node:fs'
      import { openLauncher } from '@corral/node'
      try { for (;;) openSync('/dev/null', 'r') } catch {}
      console.log(await openLauncher().catch((error) => error.code))`
    const args = ['--conditions=@corral/source', '--input-type=module', '-e', source]
    const command = ['-c', 'ulimit -n 60; exec "$@"', 'sh', process.execPath, ...args]
    expect((await exec('sh', command)).stdout).toBe('START\n')
  })

  it('turns away who does not know its token', async () => {
    const before = new Set(readdirSync(tmpdir()))
    await using launcher = await openLauncher()
    const [folder] = readdirSync(tmpdir()).filter(
      (name) => name.startsWith('corral-') && !before.has(name),
    )
    const socket = rawConnect(join(tmpdir(), String(folder), 'socket')).on('error', () => {})
    const closed = new Promise((done) => socket.resume().once('close', done))
    socket.write(`${'0'.repeat(64)} control\n`)
    await closed
    expect((await exec('echo', ['fine'], { launcher })).stdout).toBe('fine\n')
  })
})
