/** A value as JSON. A bigint becomes a string of its digits: as a number it would lose some at the other end. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Handled only after a failure: a replacer would slow down all other values.
    return JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'bigint' ? inner.toString() : inner,
    )
  }
}
