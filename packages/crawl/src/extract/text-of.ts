import { isTag, isText, hasChildren, type AnyNode } from 'domhandler'

/** Elements that stand within a line: what is beside them is the same word. */
const inline: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

/** What is for machines. */
const hidden: ReadonlySet<string> = new Set(['script', 'style', 'template', 'noscript'])

/** The text of a node as somebody reads it: blanks run together, one between what stands in different lines. */
export function textOf(node: AnyNode): string {
  const parts: string[] = []
  collect(node, parts)
  return parts.join('').replace(/\s+/g, ' ').trim()
}

/** Recursive: trees have a bounded depth. */
function collect(node: AnyNode, parts: string[]): void {
  if (isText(node)) {
    parts.push(node.data)
    return
  }
  if (!hasChildren(node)) return
  const isBlock = isTag(node) && !inline.has(node.name)
  if (isBlock) parts.push(' ')
  for (const child of node.children) {
    if (isTag(child) && hidden.has(child.name)) continue
    collect(child, parts)
  }
  if (isBlock) parts.push(' ')
}
