/**
 * Runs tests on another major version of Node: `node scripts/test-on.ts 24 packages/core`.
 *
 * The version comes from npm as the binary package of this platform: nothing to install by hand, no install script, cached
 * by npx.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodePackage } from './node-package.ts'

const [major, ...paths] = process.argv.slice(2)
if (major === undefined || !/^\d+$/.test(major)) {
  process.stderr.write('test-on: the first argument must be a major version of Node, such as 24\n')
  process.exit(2)
}

const npx = [
  '--yes',
  `--package=${nodePackage(major)}`,
  '--',
  'node',
  '-p',
  'process.version + " " + process.execPath',
]
const found = execFileSync('npx', npx, {
  encoding: 'utf8',
  shell: process.platform === 'win32',
}).trim()
const [version = '', ...rest] = found.split(' ')
if (!version.startsWith(`v${major}.`)) {
  throw new Error(`test-on: asked for Node ${major}, got ${found}`)
}

process.stdout.write(`tests of ${paths.join(' ')} on Node ${version}\n`)
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const { status } = spawnSync(rest.join(' '), [vitest, 'run', ...paths], { stdio: 'inherit' })
process.exit(status ?? 1)
