import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Runs the command of an installed package by this Node, and gives what it prints; finds of a linter are no failure. */
export async function runTool(
  bin: string,
  args: readonly string[],
  cwd: string = root,
): Promise<string> {
  const command = [`${root}node_modules/${bin}`, ...args]
  const options = { cwd, env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 1 << 26 }
  try {
    return (await promisify(execFile)(process.execPath, command, options)).stdout
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    if (code === 1 && stderr === '') return stdout
    throw error
  }
}
