import type { ESTree, SourceCode } from '@oxlint/plugins'

export type Node = ESTree.Node
export type FunctionNode = ESTree.Function | ESTree.ArrowFunctionExpression

/** The expression without what changes nothing when it runs: `x!`, `x as T`, `(x)`, the edge of a `?.`. */
export function bare(node: Node): Node {
  switch (node.type) {
    case 'TSNonNullExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
    case 'ParenthesizedExpression':
    case 'ChainExpression':
      return bare(node.expression)
    default:
      return node
  }
}

/** The nearest parent that is more than such a wrapper, and the part of it that the node is. */
export function within(node: Node): { readonly parent: Node | null; readonly part: Node } {
  let part = node
  while (part.parent !== null && bare(part.parent) !== part.parent) part = part.parent
  return { parent: part.parent, part }
}

export function isFunction(node: Node | null | undefined): node is FunctionNode {
  return (
    node?.type === 'FunctionDeclaration' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'ArrowFunctionExpression'
  )
}

/** The function that the node's code belongs to, if it is in one. */
export function functionAround(node: Node): FunctionNode | undefined {
  let around = node.parent
  while (around !== null && !isFunction(around)) around = around.parent
  return around ?? undefined
}

/** The call that a function is handed to as it is written. */
export function callAround(fn: FunctionNode): ESTree.CallExpression | undefined {
  const { parent, part } = within(fn)
  if (parent?.type !== 'CallExpression') return undefined
  return parent.arguments.some((argument) => argument === part) ? parent : undefined
}

/** `name` of `x.name`, `x['name']` and `x.#name`. */
export function memberName(node: ESTree.MemberExpression): string | undefined {
  if (!node.computed) {
    return node.property.type === 'PrivateIdentifier'
      ? `#${node.property.name}`
      : node.property.name
  }
  return node.property.type === 'Literal' && typeof node.property.value === 'string'
    ? node.property.value
    : undefined
}

/** Whether `await` may stand here: in an async function, or at the top of a module. */
export function mayAwait(node: Node, { ast }: SourceCode): boolean {
  for (let child = node, { parent } = node; parent !== null; child = parent, { parent } = parent) {
    if (isFunction(parent)) return parent.async && child === parent.body
    if (parent.type === 'PropertyDefinition' || parent.type === 'StaticBlock') return false
  }
  return ast.sourceType === 'module'
}

/** Whether what the node throws is caught by a `try` between it and `root`. */
export function isCaught(node: Node, root: Node): boolean {
  for (let at = node; at !== root && at.parent !== null; at = at.parent) {
    const { parent } = at
    if (parent.type !== 'TryStatement' || parent.handler === null) continue
    if (parent.block === at) return true
  }
  return false
}

/** The node and all below it, outermost first, but not what is inside of other functions. */
export function* ownNodes(root: Node, source: SourceCode): Generator<Node, void, undefined> {
  const stack = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node
    if (node !== root && isFunction(node)) continue
    stack.push(...childrenOf(node, source).reverse())
  }
}

function childrenOf(node: Node, { visitorKeys }: SourceCode): Node[] {
  const fields = node as unknown as Readonly<Record<string, Node | Node[] | null | undefined>>
  return (visitorKeys[node.type] ?? []).flatMap((key) => fields[key] ?? []).filter(Boolean)
}
