import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelScope, gather, isCancelled, moveOnAfter, spawn } from 'corral'
import { afterAll, describe, expect, it } from 'vitest'
import { exec, ProcessError } from '../../src/index.ts'
import { living, newMark, until } from '../living.ts'

const folder = mkdtempSync(join(tmpdir(), 'corral-exec-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function failure(work: Promise<unknown>): Promise<ProcessError> {
  const error: unknown = await work.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ProcessError)
  return error as ProcessError
}

describe('exec', () => {
  it('gives what was printed and how it ended', async () => {
    expect(await exec('sh', ['-c', 'echo out; echo err >&2'])).toEqual({
      code: 0,
      signal: undefined,
      leftovers: [],
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  it('writes the input, however long, while it reads', async () => {
    const input = 'x'.repeat(3_000_000)
    expect((await exec('cat', [], { input })).stdout).toHaveLength(input.length)
  })

  it('takes no notice of a program that does not read its input', async () => {
    const input = 'x'.repeat(3_000_000)
    expect((await exec('true', [], { input })).code).toBe(0)
    expect((await exec('head', ['-c', '3'], { input })).stdout).toBe('xxx')
  })

  it('gives the environment, with what is added and without what is taken away', async () => {
    process.env['CORRAL_TEST'] = 'here'
    const script = 'echo "$A-$CORRAL_TEST-${PATH:+path}"'
    const first = await exec('sh', ['-c', script], { env: { A: '1' } })
    expect(first.stdout).toBe('1-here-path\n')
    const second = await exec('sh', ['-c', script], { env: { CORRAL_TEST: undefined } })
    expect(second.stdout).toBe('--path\n')
  })

  it('fails by the exit code, with what was printed', async () => {
    const error = await failure(exec('sh', ['-c', 'echo out; echo why >&2; exit 3']))
    expect(error).toMatchObject({
      code: 'EXIT',
      exitCode: 3,
      stdout: 'out\n',
      message: 'exec: sh exited with code 3; its last words: why',
    })
  })

  it('fails by the signal', async () => {
    const error = await failure(exec('sh', ['-c', 'kill -9 $$']))
    expect(error).toMatchObject({ code: 'SIGNAL', signal: 'SIGKILL' })
  })

  it('says how it ended instead, when nothing is to be checked', async () => {
    expect(await exec('false', [], { check: false })).toMatchObject({ code: 1 })
    const killed = await exec('sh', ['-c', 'kill -9 $$'], { check: false })
    expect(killed).toMatchObject({ code: undefined, signal: 'SIGKILL' })
  })

  it('ends the group when it prints more than maxBytes', async () => {
    const mark = newMark()
    const env = { MARK: mark }
    const script = 'sleep 300 & yes'
    const error = await failure(exec('sh', ['-c', script], { env, maxBytes: 100_000 }))
    expect(error.code).toBe('OUTPUT_LIMIT')
    expect(living(mark)).toEqual([])
    expect((await exec('printf', ['abc'], { maxBytes: 3 })).stdout).toBe('abc')
    expect((await failure(exec('printf', ['abcd'], { maxBytes: 3 }))).code).toBe('OUTPUT_LIMIT')
  })
})

describe('exec tells what is not there', () => {
  it('the program', async () => {
    const error = await failure(exec('no-such-program-here'))
    expect(error).toMatchObject({ code: 'NOT_FOUND', missing: 'program' })
    const inFolder = await failure(exec('./no-such-program-here', [], { cwd: folder }))
    expect(inFolder).toMatchObject({ code: 'NOT_FOUND', missing: 'program' })
  })

  it('the working directory', async () => {
    const error = await failure(exec('true', [], { cwd: join(folder, 'missing') }))
    expect(error).toMatchObject({ code: 'NOT_FOUND', missing: 'cwd' })
  })

  it('the working directory of this process itself, to a launcher, which runs elsewhere', async () => {
    const source = `import { mkdtempSync, rmdirSync } from 'node:fs'
      import { exec, openLauncher } from '@corral/node'
      await using launcher = await openLauncher()
      const folder = mkdtempSync('/tmp/corral-gone-')
      process.chdir(folder)
      rmdirSync(folder)
      for (const options of [{}, { launcher }]) {
        const error = await exec('true', [], options).catch((error) => error)
        console.log(error.code ?? 'ran', error.missing)
      }`
    const args = ['--conditions=@corral/source', '--input-type=module', '-e', source]
    const { stdout } = await exec(process.execPath, args)
    expect(stdout).toBe('0 undefined\nNOT_FOUND cwd\n')
  })

  it('the interpreter', async () => {
    const script = join(folder, 'script')
    writeFileSync(script, '#!/no/such/interpreter\n')
    chmodSync(script, 0o755)
    expect(await failure(exec(script))).toMatchObject({ code: 'NOT_FOUND', missing: 'interpreter' })
    const relative = await failure(exec('./script', [], { cwd: folder }))
    expect(relative).toMatchObject({ missing: 'interpreter' })
  })

  it.each([
    ['a NUL in an argument', 'echo', ['a\0b']],
    ['an empty name', '', []],
    ['arguments that are too long', 'echo', ['x'.repeat(3_000_000)]],
    ['a file that is not executable', '/etc/passwd', []],
  ])('or what else keeps it from starting: %s', async (_, file, args) => {
    const error = await failure(exec(file, args))
    expect(error.code).toBe('START')
    expect(error.cause).toBeInstanceOf(Error)
  })
})

describe('exec, cancelled', () => {
  it('before it begins forks nothing', async () => {
    const file = join(folder, 'touched')
    const scope = new CancelScope()
    scope.cancel()
    let error: unknown
    await scope.run(async () => {
      await exec('touch', [file]).catch((caught: unknown) => (error = caught))
    })
    expect(isCancelled(error)).toBe(true)
    await exec('true') // whatever was forked before it had its time
    expect((await exec('ls', [file], { check: false })).code).not.toBe(0)
  })

  it.each([
    ['a simple one', 'exec sleep 300'],
    ['children beside each other', 'sleep 300 & sleep 300'],
    ['grandchildren', 'sh -c "sleep 300 & sleep 300" & wait'],
    ['one that takes no notice of TERM', 'trap "" TERM; sleep 300 & while :; do sleep 1; done'],
    ['one that is stopped', 'kill -STOP $$; sleep 300'],
    ['one that prints all the time', 'sleep 300 & while echo x; do :; done'],
    [
      'a leader that leaves at TERM, and a child that does not',
      '(trap "" TERM; sleep 300; sleep 300) & wait',
    ],
    ['many', 'i=0; while [ $i -lt 50 ]; do sleep 300 & i=$((i+1)); done; wait'],
  ])('leaves nobody behind: %s', async (_, script) => {
    const mark = newMark()
    const scope = new CancelScope()
    const work = scope.run(() => exec('sh', ['-c', script], { env: { MARK: mark }, grace: 300 }))
    await until(() => living(mark).length > 0)
    await new Promise((done) => setTimeout(done, 50)) // deeper into the script, if it is fast
    scope.cancel()
    expect(await work).toBeUndefined()
    expect(living(mark)).toEqual([])
  })

  it('in any phase of its start and its end leaves nobody behind', async () => {
    const mark = newMark()
    const script = 'sleep 0.01; echo a; sleep 300 & exit'
    for (let ms = 0; ms < 40; ms += 2) {
      await moveOnAfter(ms, () => exec('sh', ['-c', script], { env: { MARK: mark } }))
      expect(living(mark)).toEqual([])
    }
  })

  it('lets the cleanup of the program run, and print', async () => {
    const mark = newMark()
    const file = join(folder, 'cleaned')
    const script = `trap 'head -c 1000000 /dev/zero; echo yes > "${file}"; exit' TERM; echo ready; while :; do sleep 0.05; done`
    const scope = new CancelScope()
    const work = scope.run(() => exec('sh', ['-c', script], { env: { MARK: mark }, grace: 60_000 }))
    await until(() => living(mark).length > 1)
    scope.cancel()
    await work
    expect((await exec('cat', [file])).stdout).toBe('yes\n')
  })

  it('a hundred at once, with few looks at the machine', async () => {
    const mark = newMark()
    const scope = new CancelScope()
    const work = scope.run(() =>
      gather(
        Array.from({ length: 100 }, () => () => exec('sleep', ['300'], { env: { MARK: mark } })),
      ),
    )
    await until(() => living(mark).length === 100)
    scope.cancel()
    await work
    expect(living(mark)).toEqual([])
  })
})

describe('exec, what outlives the leader', () => {
  it('is stopped, and reported; the output stays', async () => {
    const mark = newMark()
    const script = 'sleep 300 & echo $!'
    const result = await exec('sh', ['-c', script], { env: { MARK: mark } })
    expect(result.leftovers).toEqual([Number(result.stdout)])
    expect(living(mark)).toEqual([])
  })

  it('is left alone where that is asked for', async () => {
    const mark = newMark()
    const env = { MARK: mark }
    const script = 'sleep 300 >/dev/null 2>&1 & echo $!'
    const { stdout, leftovers } = await exec('sh', ['-c', script], { env, leftovers: 'leave' })
    expect(leftovers).toEqual([Number(stdout)])
    expect(living(mark)).toEqual([Number(stdout)])
    process.kill(Number(stdout), 'SIGKILL')
  })

  it('outside of the group, and holds the pipe, is not waited for', async () => {
    const mark = newMark()
    const script =
      'setsid sleep 300 & while ! kill -0 $! 2>/dev/null; do :; done; sleep 0.2; echo done'
    const { stdout } = await exec('sh', ['-c', script], { env: { MARK: mark } })
    expect(stdout).toBe('done\n')
    for (const pid of living(mark)) process.kill(pid, 'SIGKILL') // setsid is the way out, as documented
  })

  it('that cannot be killed is said, with its numbers', async () => {
    const mark = newMark()
    const scope = new CancelScope()
    const work = spawn(() =>
      scope.run(() => exec('sleep', ['300'], { env: { MARK: mark }, grace: 0, kill: () => {} })),
    )
    await until(() => living(mark).length === 1)
    const [pid] = living(mark) as [number]
    scope.cancel()
    const error = (await work.then(undefined, (error: unknown) => error)) as Error
    process.kill(pid, 'SIGKILL')
    const found = error instanceof ProcessError ? error : (error as SuppressedError).error
    expect(found).toMatchObject({ code: 'UNKILLABLE', pids: [pid] })
  })
})
