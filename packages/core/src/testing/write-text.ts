import { MisuseError } from '../errors.ts'

interface Host {
  process?: {
    getBuiltinModule?: (id: string) => { writeFileSync(path: string, text: string): void }
  }
}

/** Writes a file, on the platforms that have files. */
export function writeText(path: string, text: string): void {
  const files = (globalThis as Host).process?.getBuiltinModule?.('node:fs')
  if (files === undefined) {
    throw new MisuseError(
      'explore: html: there are no files on this platform; use the html of the error',
    )
  }
  files.writeFileSync(path, text)
}
