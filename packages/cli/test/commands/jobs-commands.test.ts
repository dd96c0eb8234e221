import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sqliteStore } from '@corral/jobs'
import { currentSignal, run } from 'corral'
import { describe, expect, test } from 'vitest'
import { runCommand, startCommand, temporaryDirectory } from '../command.ts'
import { newJob, someJobs } from '../jobs/some-jobs.ts'

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('corral jobs ls, show, retry, cancel, pause, resume and redrive', () => {
  test('show and change what a file has', () =>
    run(async () => {
      const cwd = temporaryDirectory()
      await using some = await someJobs(join(cwd, 'jobs.db'))
      const { store, ids } = some
      const [dead = '', running = '', later = ''] = ids
      const jobs = (...args: string[]): ReturnType<typeof runCommand> =>
        runCommand(['jobs', ...args], cwd)

      const all = await jobs('ls')
      expect(all).toMatchObject({ code: 0, stderr: '' })
      expect(linesOf(all.stdout).map(({ id }) => id)).toEqual(ids.toReversed())
      expect(linesOf(all.stdout).at(-1)).toMatchObject({ id: dead, input: { to: 'ada' } })
      const some2 = await jobs('ls', '--state', 'ready', '--limit', '2')
      expect(linesOf(some2.stdout)).toHaveLength(2)

      const shown = await jobs('show', dead)
      expect(linesOf(shown.stdout)).toMatchObject([
        {
          id: dead,
          state: 'dead',
          input: { to: 'ada' },
          failures: [{ attempt: 1 }, { message: 'SMTP 451' }],
          steps: [],
        },
      ])
      expect(await jobs('show', '999')).toMatchObject({
        code: 1,
        stderr: 'corral jobs: there is no job 999; it may have been removed\n',
      })

      expect(linesOf((await jobs('pause', 'mail')).stdout)).toMatchObject([
        { text: 'mail: paused' },
      ])
      expect(await store.stats()).toMatchObject([{ queue: 'mail', paused: true }])
      await jobs('resume', 'mail')
      expect(await store.stats()).toMatchObject([{ queue: 'mail', paused: false }])

      expect(linesOf((await jobs('redrive')).stdout)).toMatchObject([{ count: 1 }])
      expect(await store.list({ ids: [dead] })).toMatchObject([{ state: 'ready' }])

      const cancelled = await jobs('cancel', dead, running, '999')
      expect(cancelled.code).toBe(1)
      expect(linesOf(cancelled.stdout)).toMatchObject([
        { count: 2, text: `${dead} cancelled\n${running} asked to end\n999 is not known` },
      ])
      expect(linesOf((await jobs('retry', dead)).stdout)).toMatchObject([{ count: 1 }])
      expect(await jobs('retry', later)).toMatchObject({ code: 1 })
    }))

  test('make no file, and nothing of what was not named', async () => {
    const cwd = temporaryDirectory()
    expect(await runCommand(['jobs', 'ls', '--jobs', 'none.db'], cwd)).toMatchObject({
      code: 1,
      stderr: 'corral jobs: there is no none.db; name one by --jobs\n',
    })
    expect(existsSync(join(cwd, 'none.db'))).toBe(false)
    for (const [args, message] of [
      [[], 'no command given; corral jobs --help lists them'],
      [['lst'], 'unknown command lst; did you mean ls?'],
      [['cancel'], 'no job given; corral jobs ls lists their ids'],
      [['retry'], 'no job given; corral jobs ls lists their ids'],
      [['pause'], 'no queue given; name one'],
      [['show'], 'no job given; corral jobs ls lists their ids'],
      [['work'], 'no module given; name one that exports jobs'],
    ] as const) {
      expect(await runCommand(['jobs', ...args], cwd)).toMatchObject({
        code: 2,
        stderr: `corral jobs: ${message}\n`,
      })
    }
  }, 120_000)
})

describe('corral jobs work', () => {
  const handlers = fileURLToPath(new URL('../jobs/handlers.ts', import.meta.url))

  test('works until it is asked to stop, and ends what it runs', () =>
    run(async () => {
      const cwd = temporaryDirectory()
      await using store = await sqliteStore(join(cwd, 'jobs.db')).open()
      const added = await store.add([
        newJob({ kind: 'quick', queue: 'quick', payload: '"a"' }),
        newJob({ kind: 'slow', queue: 'slow', payload: 'null' }),
      ])
      const { child, ended } = startCommand(['jobs', 'work', handlers], cwd)
      const signal = currentSignal()
      let said = ''
      while (!said.includes('slow begins')) {
        const [data] = (await once(child.stdout, 'data', { signal })) as [string]
        said += data
      }
      child.kill('SIGTERM')
      const { code, stdout, stderr } = await ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const events = linesOf(stdout.replace('slow begins\n', ''))
      expect(events[0]).toEqual({ type: 'working', kinds: ['quick', 'slow'] })
      const done = events.filter(({ type }) => type === 'done').map(({ id }) => String(id))
      expect(new Set(done)).toEqual(new Set(added.map(({ id }) => id)))
    }))

  test('says so when a module has no jobs', async () => {
    const cwd = temporaryDirectory()
    const file = fileURLToPath(new URL('../command.ts', import.meta.url))
    expect(await runCommand(['jobs', 'work', 'none.ts'], cwd)).toMatchObject({ code: 1 })
    expect((await runCommand(['jobs', 'work', file], cwd)).stderr).toContain('corral jobs: ')
  })
})
