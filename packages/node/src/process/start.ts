import { spawn } from 'node:child_process'
import type { ChildProcess as NodeProcess, StdioOptions } from 'node:child_process'
import { constants, accessSync, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LaunchedProcess, Launcher } from '../launcher/launcher.ts'
import { ProcessError } from './process-error.ts'
import type { ProcessOptions } from './options.ts'

/** A requested process; `started` settles when it is known whether it runs. */
export interface Started {
  readonly process: NodeProcess
  readonly started: Promise<void>
}

/**
 * Forks, as the leader of a group of its own. However Node reports a failure, by throwing now or by an event later,
 * `started` rejects with it.
 */
export function start(
  api: string,
  file: string,
  args: readonly string[],
  options: ProcessOptions,
  stdio: StdioOptions,
): Started | ProcessError {
  const folder = folderOf(options)
  const cwd = folder ?? '.'
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env }
  let child: NodeProcess
  try {
    child = spawn(file, args, { cwd: folder, env, stdio, detached: true })
  } catch (error) {
    return startError(api, file, cwd, env, error as NodeJS.ErrnoException)
  }
  const started = new Promise<void>((done, fail) => {
    child.once('spawn', done)
    child.once('error', (error) => fail(startError(api, file, cwd, env, error)))
  })
  started.catch(() => {}) // it is awaited later, when the other stages of a pipe were started too
  child.on('error', () => {}) // errors after the start concern signals and messages, which we do not send this way
  return { process: child, started }
}

/** The same through a launcher: it settles when the process runs. */
export async function startBy(
  launcher: Launcher,
  api: string,
  file: string,
  args: readonly string[],
  options: ProcessOptions,
  stdio: readonly ('pipe' | 'ignore' | 'inherit')[],
): Promise<LaunchedProcess> {
  const cwd = folderOf(options)
  if (cwd === undefined) {
    const message = `${api}: the working directory of this process was removed; give a cwd`
    throw new ProcessError('NOT_FOUND', file, message, { missing: 'cwd' })
  }
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env }
  try {
    return await launcher.launch(api, { file, args, cwd, env, stdio })
  } catch (error) {
    if (error instanceof ProcessError) throw error
    throw startError(api, file, cwd, env, error as NodeJS.ErrnoException)
  }
}

/** Undefined when it is that of this process, and was removed. */
function folderOf({ cwd }: ProcessOptions): string | undefined {
  if (cwd !== undefined) return typeof cwd === 'string' ? cwd : fileURLToPath(cwd)
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

/** ENOENT does not say whether the program, its interpreter or the directory is missing: find out which. */
function startError(
  api: string,
  file: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  cause: NodeJS.ErrnoException,
): ProcessError {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') {
    if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
      const message = `${api}: the working directory ${cwd} is not there; create it or name another`
      return new ProcessError('NOT_FOUND', file, message, { cause, missing: 'cwd' })
    }
    if (isThere(file, cwd, env)) {
      const message = `${api}: ${file} is there, but the interpreter in its first line is not; install that or mend the line`
      return new ProcessError('NOT_FOUND', file, message, { cause, missing: 'interpreter' })
    }
    const message = `${api}: there is no program ${file}; install it or give its path`
    return new ProcessError('NOT_FOUND', file, message, { cause, missing: 'program' })
  }
  return new ProcessError(
    'START',
    file,
    `${api}: ${JSON.stringify(file)} could not be started; ${cause.message}`,
    { cause },
  )
}

function isThere(file: string, cwd: string, env: NodeJS.ProcessEnv): boolean {
  const places = file.includes('/')
    ? [resolve(cwd, file)]
    : (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, file))
  return places.some((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
