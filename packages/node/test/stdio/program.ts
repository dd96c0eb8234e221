import { openProcess } from '../../src/index.ts'
import type { ChildProcess, OpenProcessOptions } from '../../src/index.ts'

/** Runs a program of its own, which has `@corral/node` and corral. */
export function program(
  script: string,
  options: OpenProcessOptions = {},
  ...args: string[]
): Promise<ChildProcess> {
  const all = `import { ask, connect, exec, openLauncher, openListener, openProcess, serve, signals, stdin, stdout } from '@corral/node'
    import { isCancelled, moveOnAfter, run, sleep, spawn } from 'corral'
    ${script}`
  const node = ['--conditions=@corral/source', '--input-type=module', '-e', all, ...args]
  const cwd = new URL('../..', import.meta.url)
  return openProcess(process.execPath, node, { cwd, stderr: 'inherit', ...options })
}
