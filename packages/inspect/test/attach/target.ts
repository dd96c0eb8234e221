import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A program that is looked into, as a child process that is killed with its test. */
export interface Target {
  readonly pid: number
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** What it has printed so far, on both. */
  readonly said: () => string
  /** Waits for a line that it prints. */
  readonly says: (line: string) => Promise<void>
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Starts a program, and waits for it to say `ready`. The imports that most need are there. */
export async function startTarget(
  code: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Target> {
  const folder = await mkdtemp(join(root, 'test/target-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'program.ts')
  await writeFile(file, `${preamble}\n${code}\n`)
  const child = spawn(process.execPath, ['--conditions=@corral/source', ...args, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', TMPDIR: tmpdir(), ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  const waiting = new Map<string, () => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      text += `${line}\n`
      waiting.get(line)?.()
    })
  }
  const says = (line: string): Promise<void> =>
    text.split('\n').includes(line)
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          waiting.set(line, resolve)
          child.once('exit', () => reject(new Error(`the program ended: ${text}`)))
        })
  await says('ready')
  return { pid: child.pid as number, child, said: () => text, says }
}

const preamble = `
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { Lock, Pool, Queue, Semaphore, run, sleep, spawn, taskGroup, timeout } from 'corral'
const ready = () => void process.stdout.write('ready\\n')
`

/** The TCP ports on which a process listens. */
export function portsOf(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${name}`)]
      } catch {
        return []
      }
    }),
  )
  return readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(`socket:[${inode}]`))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16))
}
