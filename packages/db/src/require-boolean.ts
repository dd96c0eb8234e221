import { refuse } from 'corral/lowlevel'

/** Any text is true, `'false'` too. `where` reads `Api: argument`. */
export function requireBoolean(where: string, value: unknown): void {
  if (typeof value !== 'boolean') refuse(where, 'true or false', value)
}
