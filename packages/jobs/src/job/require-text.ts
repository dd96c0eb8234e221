import { refuse } from 'corral/lowlevel'

/** A name or a key that every store can hold. */
export function requireText(where: string, text: unknown): string {
  const good = typeof text === 'string' && text !== '' && text.length <= 500
  if (good && text.isWellFormed() && !text.includes('\0')) return text
  return refuse(where, 'a string of 1 to 500 characters, well-formed and without NUL', text)
}
