import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exec, openLauncher, openProcess, pipe } from '@corral/node'
import { CancelScope, currentSignal, gather, moveOnAfter, run, sleep } from 'corral'
import { kill, look, until } from '../living.ts'
import { alive, descriptors, env, folder, outcome, stateOf, within } from './row.ts'
import type { Row } from './row.ts'

/** Cancels a command when it has so many members; how many are alive when the call has settled. */
async function cancelled(script: string, members: number, grace = 300): Promise<string> {
  const before = descriptors()
  const scope = new CancelScope()
  const work = scope.run(() => exec('sh', ['-c', script], { env, grace }))
  await until(() => alive() >= members, 20_000)
  scope.cancel()
  await work
  return `${alive()} alive, ${descriptors() - before} descriptors more`
}

const NOBODY = '0 alive, 0 descriptors more'

export const processes: readonly Row[] = [
  {
    what: 'TERM is ignored, by all three of it',
    expected: NOBODY,
    run: () => cancelled('trap "" TERM; sleep 60 & sh -c "sleep 60; sleep 60" & wait', 4),
  },
  {
    what: 'it is stopped (SIGSTOP), with a child',
    expected: NOBODY,
    run: () => cancelled('sleep 60 & kill -STOP $$; sleep 60', 2),
  },
  {
    what: 'a child of it is stopped and ignores TERM',
    expected: NOBODY,
    run: () => cancelled('sh -c "trap \\"\\" TERM; kill -STOP \\$\\$; sleep 60" & wait', 2),
  },
  {
    what: 'double fork: the leader is gone, its grandchild lives',
    expected: 'the leftover is reported, 0 alive',
    run: async () => {
      const { leftovers } = await exec('sh', ['-c', '(sleep 60 &) ; exit 0'], { env, grace: 300 })
      return `${leftovers.length === 1 ? 'the leftover is reported' : `${leftovers.length} leftovers`}, ${alive()} alive`
    },
  },
  {
    what: 'double fork, and the grandchild holds the output',
    expected: 'printed "x", 0 alive',
    run: () =>
      within(4_000, async () => {
        const { stdout } = await exec('sh', ['-c', 'echo x; (sleep 60 &) ; exit 0'], {
          env,
          grace: 300,
        })
        return `printed "${stdout.trim()}", ${alive()} alive`
      }),
  },
  {
    what: 'setsid: a child leaves the group and holds the output',
    expected: 'printed "x"; the one that left lives, as the page says',
    run: () =>
      within(5_000, async () => {
        const { stdout } = await exec('sh', ['-c', 'echo x; setsid sleep 60 & sleep 0.2'], { env })
        const { living } = look(env['MARK'] ?? '')
        kill(living)
        const lives = living.length === 1 ? 'the one that left lives' : `${living.length} live`
        return `printed "${stdout.trim()}"; ${lives}, as the page says`
      }),
  },
  {
    what: '200 descendants that ignore TERM',
    expected: NOBODY,
    run: () =>
      cancelled(
        'trap "" TERM; i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; wait',
        200,
      ),
  },
  {
    what: 'it exits while its pipe is full and nobody has read yet',
    expected: 'all 65536 bytes, code 0',
    run: () =>
      run(async () => {
        await using child = await openProcess('sh', ['-c', 'head -c 65536 /dev/zero'], { env })
        const { code } = await child.exited()
        await sleep(200)
        let size = 0
        for await (const chunk of child.stdout) size += chunk.length
        return `all ${size} bytes, code ${code}`
      }),
  },
  {
    what: 'it is killed while it waits for a full pipe',
    expected: 'SIGKILL, output readable: true, 0 alive',
    run: () =>
      run(async () => {
        await using child = await openProcess('yes', [], { env })
        await sleep(200)
        process.kill(child.pid, 'SIGKILL')
        const { signal } = await child.exited()
        const first = await child.stdout.read()
        return `${signal}, output readable: ${first !== undefined}, ${alive()} alive`
      }),
  },
  {
    what: 'nobody reads `yes` for two seconds',
    expected: 'grew by less than 20 MB',
    run: () =>
      run(async () => {
        const before = process.memoryUsage.rss()
        await using _child = await openProcess('yes', [], { env })
        await sleep(2_000)
        const grown = (process.memoryUsage.rss() - before) / 1e6
        return grown < 20 ? 'grew by less than 20 MB' : `grew by ${Math.round(grown)} MB`
      }),
  },
  {
    what: 'it closes its stdin while 10 MB are written to it',
    expected: 'done, code 0',
    run: async () => {
      let code: number | undefined
      const how = await outcome(async () => {
        const script = 'exec <&-; sleep 0.3'
        ;({ code } = await exec('sh', ['-c', script], { env, input: 'x'.repeat(10_000_000) }))
      })
      return `${how}, code ${code}`
    },
  },
  {
    what: 'a stage of a pipe is killed',
    expected: 'ProcessError SIGNAL, 0 alive',
    run: async () => {
      const how = await outcome(() =>
        pipe([['yes'], ['sh', '-c', 'kill -KILL $$'], ['cat']], { env, grace: 300 }),
      )
      return `${how}, ${alive()} alive`
    },
  },
  {
    what: 'a leader that forks as fast as it can while it is stopped',
    expected: NOBODY,
    run: () =>
      cancelled(
        'trap "" TERM; while :; do sleep 60 & n=$((n+1)); [ $n -gt 400 ] && wait; done',
        100,
        200,
      ),
  },
  {
    what: 'our program is killed (SIGKILL), with a launcher',
    expected: '6 alive before, 0 after',
    run: () => parentKilled('with'),
  },
  {
    what: 'our program is killed (SIGKILL), without one',
    expected: '6 alive before, 6 after, as the page says',
    run: async () => `${await parentKilled('without')}, as the page says`,
  },
  {
    what: 'the launcher is killed while it has three processes',
    expected: 'ProcessError LAUNCHER x 3, 0 alive; the next call ProcessError LAUNCHER',
    run: () =>
      run(async () => {
        await using launcher = await openLauncher()
        const three = gather(
          [1, 2, 3].map(
            () => () => outcome(() => exec('sleep', ['60'], { env, launcher, grace: 300 })),
          ),
        )
        await until(() => alive() >= 3)
        process.kill(launcher.pid as number, 'SIGKILL')
        const seen = new Set(await three)
        const next = await outcome(() => exec('true', [], { launcher }))
        return `${[...seen].join()} x 3, ${alive()} alive; the next call ${next}`
      }),
  },
  {
    what: 'a zombie that its parent never reaps is in the group',
    expected: '0 alive, settled',
    run: async () => {
      // The inner shell is replaced by one that has a child and reaps nobody.
      const path = join(folder(), 'pid')
      const script = `sh -c 'sleep 0.1 & echo $! > ${path}; exec sleep 60' & wait`
      await run(() => moveOnAfter(600, () => exec('sh', ['-c', script], { env, grace: 300 })))
      const state = stateOf(Number(await readFile(path, 'utf8')))
      return `${alive()} alive, ${state === 'Z' || state === 'gone' ? 'settled' : state}`
    },
  },
]

async function parentKilled(kind: string): Promise<string> {
  const program = new URL('../killed.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [...process.execArgv, program, kind], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  })
  const programs = (): number[] => look(env['MARK'] ?? '').living.filter((pid) => pid !== child.pid)
  await until(() => programs().length >= 6, 20_000)
  await sleep(300)
  const before = programs().length
  child.kill('SIGKILL')
  await once(child, 'exit', { signal: currentSignal() })
  await until(() => programs().length === 0, 3_000)
  const after = programs()
  kill(after)
  return `${before} alive before, ${after.length} after`
}
