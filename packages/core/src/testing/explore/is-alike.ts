/** The same kind of failure: messages may differ. */
export function isAlike(a: unknown, b: unknown): boolean {
  if (!(a instanceof Error && b instanceof Error)) return typeof a === typeof b
  const codes = [a, b].map((error) => (error as { code?: unknown }).code)
  return a.name === b.name && codes[0] === codes[1]
}
