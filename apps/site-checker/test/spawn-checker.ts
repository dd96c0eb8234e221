import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const TOKENS = 'ann:ann-has-this-token,bob:bob-has-this-token'

/** The program as it is deployed: a process of its own, which is gone at the end of the block. */
export interface SpawnedChecker extends AsyncDisposable {
  readonly pid: number
  /** Its address, or `works` for a worker, as soon as it is ready. */
  readonly ready: Promise<string>
  /** What it has written so far, both streams. */
  readonly said: () => string
  kill(signal: NodeJS.Signals): void
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

export function spawnChecker(
  env: Readonly<Record<string, string>>,
  role: string = 'all',
): SpawnedChecker {
  const child = spawn(process.execPath, ['--conditions=@corral/source', main, role], {
    env: { ...process.env, TOKENS, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit').then(
    ([code, signal]) => (signal ?? code) as number | NodeJS.Signals,
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ready = Promise.withResolvers<string>()
  createInterface(child.stdout).on('line', (line) => {
    said += `${line}\n`
    const [, address] = /(http:\/\/\S+|works)$/.exec(line) ?? []
    if (address !== undefined) ready.resolve(address)
  })
  void ended.then(() => ready.reject(new Error(`it ended before it listened:\n${said}`)))
  return {
    pid: child.pid ?? 0,
    ready: ready.promise,
    said: () => said,
    kill: (signal) => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
