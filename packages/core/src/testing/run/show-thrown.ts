/** What was thrown, in a line: anything can be. */
export function showThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`
    if (typeof thrown === 'object' && thrown !== null) return JSON.stringify(thrown) ?? 'an object'
    return String(thrown)
  } catch {
    return 'something that cannot be shown'
  }
}
