import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const TOKENS = 'ann:ann-has-this-token,bob:bob-has-this-token'

/** The program as it is deployed: a process of its own. */
export interface CheckerProcess {
  readonly url: string
  /** What it has written so far, both streams. */
  readonly said: () => string
  kill(signal: NodeJS.Signals): void
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

export async function startChecker(
  env: Readonly<Record<string, string>>,
  role: string = 'all',
): Promise<CheckerProcess> {
  const child = spawn(process.execPath, ['--conditions=@corral/source', main, role], {
    env: { ...process.env, TOKENS, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit').then(
    ([code, signal]) => (signal ?? code) as number | NodeJS.Signals,
  )
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const lines = createInterface(child.stdout)
  const url = Promise.withResolvers<string>()
  lines.on('line', (line) => {
    said += `${line}\n`
    const [, address] = /(http:\/\/\S+|works)$/.exec(line) ?? []
    if (address !== undefined) url.resolve(address)
  })
  void ended.then(() => url.reject(new Error(`it ended before it listened:\n${said}`)))
  return {
    url: await url.promise,
    said: () => said,
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

/** Asks its API as a user; what it answers, read as JSON. */
export function clientOf(url: string, user: 'ann' | 'bob' | 'nobody' = 'ann') {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (user !== 'nobody') headers['authorization'] = `Bearer ${user}-has-this-token`
  return async <T>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> => {
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const answer = await fetch(`${url}/api/${path}`, init)
    const text = await answer.text()
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T }
  }
}
