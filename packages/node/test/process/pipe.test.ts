import { CancelScope } from 'corral'
import { describe, expect, it } from 'vitest'
import { exec, pipe, quote, sh } from '../../src/index.ts'
import { living, newMark, until } from '../living.ts'

describe('pipe', () => {
  it('leads the output of each stage to the next', async () => {
    const { stdout, stages } = await pipe([['printf', 'b\\na\\nb\\n'], ['sort'], ['uniq', '-c']])
    expect(stdout.replaceAll(/ +/g, ' ')).toBe(' 1 a\n 2 b\n')
    expect(stages.map(({ code }) => code)).toEqual([0, 0, 0])
  })

  it('carries much', async () => {
    const { stdout } = await pipe([['head', '-c', '50000000', '/dev/zero'], ['cat'], ['wc', '-c']])
    expect(Number(stdout)).toBe(50_000_000)
  })

  it('a stage that ends early ends those before it, which is no failure', async () => {
    expect((await pipe([['yes'], ['head', '-1']])).stdout).toBe('y\n')
    const mark = newMark()
    const early = await pipe([['sleep', '300'], ['true']], { env: { MARK: mark } })
    expect(early.stages[0]?.signal).toBe('SIGTERM')
    expect(living(mark)).toEqual([])
  })

  it('fails by the last stage that failed', async () => {
    const work = pipe([['sh', '-c', 'exit 2'], ['sh', '-c', 'cat; exit 3'], ['cat']])
    await expect(work).rejects.toMatchObject({ code: 'EXIT', exitCode: 3 })
    await expect(pipe([['sh', '-c', 'exit 2'], ['cat']])).rejects.toMatchObject({ exitCode: 2 })
    const { stages } = await pipe([['false'], ['cat']], { check: false })
    expect(stages.map(({ code }) => code)).toEqual([1, 0])
  })

  it('stops what was started when a stage is not there', async () => {
    const mark = newMark()
    const work = pipe([['sleep', '300'], ['no-such-program']], { env: { MARK: mark } })
    await expect(work).rejects.toMatchObject({ code: 'NOT_FOUND', missing: 'program' })
    expect(living(mark)).toEqual([])
  })

  it('cancelled leaves nobody behind', async () => {
    const mark = newMark()
    const scope = new CancelScope()
    const stages = [
      ['sh', '-c', 'sleep 300 & yes'],
      ['sh', '-c', 'cat; true'],
      ['sleep', '300'],
    ] as const
    const work = scope.run(() => pipe(stages, { env: { MARK: mark }, grace: 300 }))
    await until(() => living(mark).length >= 5)
    scope.cancel()
    await work
    expect(living(mark)).toEqual([])
  })
})

describe('sh', () => {
  it.each(["it's", '$HOME', '`id`', '"', String.raw`\n\'`, '; echo no', 'a\nb', '*', '', 'ü'])(
    'takes %j as one word and nothing else',
    async (value) => {
      expect((await sh`printf '<%s>' ${value} ${[value, 1]}`).stdout).toBe(
        `<${value}><${value}><1>`,
      )
    },
  )

  it('leaves the command line itself to the shell', async () => {
    expect((await sh`printf 'a\nb\n' | wc -l`).stdout.trim()).toBe('2')
    const command = `printf %s ${quote("o'clock")} | cat`
    expect((await exec('sh', ['-c', command])).stdout).toBe("o'clock")
  })

  it('refuses what is no word', () => {
    const bad = { toString: () => 'x' } as unknown as string
    expect(() => sh`echo ${bad}`).toThrow('sh: a value must be a string, a number or an array')
  })
})
