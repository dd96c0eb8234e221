/**
 * The target of `<meta http-equiv=refresh content="5; url=next.html">`, as written there; `undefined` when it only
 * reloads the page.
 *
 * @see https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps
 */
export function refreshTarget(content: string): string | undefined {
  const rest = /^\s*(?:\d+(?:\.[\d.]*)?|\.[\d.]*)\s*[;,\s]\s*(.*)$/s.exec(content)?.[1]
  if (rest === undefined) return undefined
  const target = rest.replace(/^url\s*=\s*/i, '')
  const quote = target[0]
  if (quote !== '"' && quote !== "'") return target === '' ? undefined : target.trim()
  const end = target.indexOf(quote, 1)
  const inside = end === -1 ? target.slice(1) : target.slice(1, end)
  return inside === '' ? undefined : inside
}
