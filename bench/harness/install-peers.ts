import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Installs what corral is measured against into `bench/`, the first time: a clone is without them. */
export function installPeers(): void {
  const root = fileURLToPath(new URL('..', import.meta.url))
  if (existsSync(`${root}node_modules/effect`)) return
  console.log('Installing the peers into bench/ (once)')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' })
}
