import { MisuseError } from 'corral'

/** A NUL ends the text in the protocol: what stands behind it would be taken for something else. */
export function requireText(text: string): void {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new MisuseError('sql: text must be well-formed and without NUL; pass it as a value')
  }
}
