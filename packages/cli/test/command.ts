import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The command as a child process, that is killed with its test. */
export interface RunningCommand {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly ended: Promise<Ended>
}

export function startCommand(
  args: readonly string[],
  cwd: string = tmpdir(),
  env: Readonly<Record<string, string>> = {},
  input?: string,
): RunningCommand {
  const child = spawn(process.execPath, ['--conditions=@corral/source', main, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { child, ended }
}

export function runCommand(
  args: readonly string[],
  cwd?: string,
  env?: Readonly<Record<string, string>>,
  input?: string,
): Promise<Ended> {
  return startCommand(args, cwd, env, input).ended
}

/** A directory that is there for one test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'corral-cli-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
