import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a command prints, and how it ends. */
export async function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly output: string; readonly code: number | null }> {
  const child = spawn(command, args, {
    cwd: fileURLToPath(new URL('fixtures/', import.meta.url)),
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', NODE_OPTIONS: '', ...env },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve) => child.on('close', (code) => resolve({ output, code })))
}
