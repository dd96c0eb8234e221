/** A value as JSON. A bigint is a string of its digits: a number would lose some at the other end. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // Looked for only when it failed: a replacer makes all the others slow.
    return JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'bigint' ? inner.toString() : inner,
    )
  }
}
