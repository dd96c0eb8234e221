import { MisuseError } from '../../errors.ts'

interface Files {
  mkdirSync(path: string, options: { recursive: true }): void
  writeFileSync(path: string, text: string): void
}
interface Host {
  process?: {
    getBuiltinModule?: (id: 'node:fs') => Files
  }
}

/** Writes a file, and makes its folder, on the platforms that have files. */
export function writeText(path: string, text: string): void {
  const files = (globalThis as Host).process?.getBuiltinModule?.('node:fs')
  if (files === undefined) {
    throw new MisuseError(
      'explore: html: there are no files on this platform; use the html of the error',
    )
  }
  const folder = path.replace(/[^/\\]*$/, '')
  if (folder !== '') files.mkdirSync(folder, { recursive: true })
  files.writeFileSync(path, text)
}
