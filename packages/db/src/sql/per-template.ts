/**
 * A function of a statement's parts that computes each result once: a template is written once and used often, and its
 * parts are the same array each time.
 */
export function perTemplate<T>(
  compute: (parts: readonly string[]) => T,
): (parts: readonly string[]) => T {
  const known = new WeakMap<readonly string[], { readonly result: T }>()
  return (parts) => {
    let entry = known.get(parts)
    if (entry === undefined) known.set(parts, (entry = { result: compute(parts) }))
    return entry.result
  }
}
