import { refuse } from 'corral/lowlevel'
import { exec } from './exec.ts'
import type { ExecResult } from './exec.ts'

/** A value in a command: an array becomes several words. */
type Word = string | number | readonly (string | number)[]

/**
 * Runs a command line in `sh`, with every value quoted, so that none is more than a word: not a second command,
 * not a pattern, not a variable. A word may still look like an option: put `--` in front of it.
 *
 * Cancellation: as with `exec`.
 *
 * @throws ProcessError as `exec`
 * @example
 * const { stdout } = await sh`git log --format=%an -- ${files} | sort | uniq -c`
 * @see zx
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Word[]): Promise<ExecResult> {
  const words = values.map((value) => (Array.isArray(value) ? value : [value]).map(word).join(' '))
  return exec('sh', ['-c', String.raw({ raw: strings.raw }, ...words)])
}

/**
 * A string as one word of `sh`, whatever is in it: for command lines that `exec` runs with options of its own.
 *
 * @example
 * await exec('sh', ['-c', `cat ${quote(path)} | wc -l`], { cwd: folder })
 */
export function quote(value: string): string {
  if (typeof value !== 'string') refuse('quote: value', 'a string', value)
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}

function word(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    refuse('sh: a value', 'a string, a number or an array of them', value)
  }
  return quote(String(value))
}
