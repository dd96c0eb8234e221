interface Files {
  mkdirSync(path: string, options: { recursive: true }): void
  readFileSync(path: string, encoding: 'utf8'): string
  writeFileSync(path: string, text: string): void
}
interface Host {
  process?: { getBuiltinModule?: (id: 'node:fs') => Files }
}

/** The files of the machine, on the platforms that have files. */
export function hostFiles(): Files | undefined {
  return (globalThis as Host).process?.getBuiltinModule?.('node:fs')
}
