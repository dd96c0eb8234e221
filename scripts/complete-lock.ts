/**
 * Completes package-lock.json with the platform packages that npm left out.
 *
 * npm writes no lock entry for an optional dependency that the registry it talks to could not serve (a mirror that holds
 * only some platforms, say), and then `npm ci` refuses the lock file: "Missing: @oxfmt/binding-darwin-arm64". The entries
 * are added here from what their parents ask for; os, cpu and libc follow from the name. They have no integrity hash:
 * the next `npm install` on a machine that sees the package adds it. Run it after `npm install`: `npm run lock`.
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface LockEntry {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockEntry> }

const target =
  /(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z0-9]+)(?:-([a-z]+))?$/

interface Platform {
  readonly os: string[]
  readonly cpu: string[]
  readonly libc?: string[]
}

/** What a package called `@x/binding-linux-arm64-musl` may be installed on. */
function platformOf(name: string): Platform | undefined {
  const [, os, cpu, abi] = target.exec(name) ?? []
  if (os === undefined || cpu === undefined) return undefined
  const platform = { os: [os], cpu: [cpu] }
  if (abi?.startsWith('gnu')) return { ...platform, libc: ['glibc'] }
  return abi?.startsWith('musl') ? { ...platform, libc: ['musl'] } : platform
}

let added = 0
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    const platform = platformOf(name)
    const listed = key in lock.packages || `${parent}/${key}` in lock.packages
    if (listed || platform === undefined || !/^\d+\.\d+\.\d+$/.test(version)) continue
    const { dev, license, engines } = entry
    const { os, cpu, libc } = platform
    lock.packages[key] = { version, cpu, dev, libc, license, optional: true, os, engines }
    added++
  }
}

const order = Object.keys(lock.packages).sort((a, b) => a.localeCompare(b, 'en'))
const packages = Object.fromEntries(order.map((key) => [key, lock.packages[key]]))
writeFileSync(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
process.stdout.write(`package-lock.json: ${added} platform packages added\n`)
