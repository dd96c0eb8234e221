import { hostFiles } from './host-files.ts'

/** As much of a line as fits beside where it is. */
const WIDEST = 80

const read = new Map<string, readonly string[]>()

/** A line of a source file, without what surrounds it; empty where it cannot be read. */
export function sourceLine(file: string, line: number): string {
  if (!read.has(file)) read.set(file, linesOf(file))
  const text = (read.get(file)?.[line - 1] ?? '').trim()
  return text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`
}

function linesOf(file: string): readonly string[] {
  try {
    return hostFiles()?.readFileSync(file, 'utf8').split('\n') ?? []
  } catch {
    return [] // made at run time, or it is somewhere else
  }
}
