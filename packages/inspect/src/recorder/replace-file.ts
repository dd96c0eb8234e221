import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** Writes a file at once, so that others see the old one or the new one: also where the process is killed while it does. */
export function replaceFile(path: string, data: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, data)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
