import { UsageError } from './usage-error.ts'
import type { ValueKind } from './value-kind.ts'

/**
 * Reads a text as a value of a kind.
 *
 * @param subject where the text comes from: `--depth`, `CORRAL_DEPTH`, `corral.config.json: depth`
 * @throws UsageError naming the subject, the rule and the text
 */
export function checkedValue<T>(subject: string, text: string, takes: ValueKind<T>): T {
  const value = takes.parse(text)
  if (value !== undefined) return value
  throw new UsageError(`${subject} must be ${takes.rule}, got "${takes.shown?.(text) ?? text}"`)
}
