import { MisuseError } from '../../errors.ts'

/** What a condition says, at once: a promise would count as true. */
export function askNow(api: string, holds: () => boolean): boolean {
  const answer: unknown = holds()
  const { then } = Object(answer) as { then?: unknown }
  if (typeof then !== 'function') return Boolean(answer)
  throw new MisuseError(`${api}: holds must answer at once, got a promise (object)`)
}
