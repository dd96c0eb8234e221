import { bare, callAround, functionAround, isFunction, memberName, within } from './ast.ts'
import type { FunctionNode, Node } from './ast.ts'
import type { Names } from './names.ts'
import { isOurs } from './what-waits.ts'

/** Methods that call the function that they get at once. */
export const atOnce: RegExp =
  /^(every|filter|find|findIndex|findLast|flatMap|forEach|from|map|reduce|reduceRight|some|sort)$/
const testing = /^(it|test|suite|describe|before|after|(before|after)(All|Each))$/

/**
 * Whether the code may run in a scope that somebody cancels. It does not at the top of a module, in the body of a test
 * or hook (unless it is one by `@corral/vitest`), and in functions that are called from nowhere else. Who is handed a
 * function at the top of a module may call it anywhere.
 */
export function mayBeInScope(node: Node, names: Names): boolean {
  return isReached(node, names, new Set())
}

function isReached(node: Node, names: Names, seen: Set<FunctionNode>): boolean {
  const fn = functionAround(node)
  if (fn === undefined || seen.has(fn)) return false
  seen.add(fn)
  const call = callAround(fn)
  if (call !== undefined) return isCalled(call, names, seen)
  const uses = usesOf(fn, names)
  if (uses === undefined) return true
  return uses.some((use) => {
    const { parent, part } = within(use)
    if (parent?.type !== 'CallExpression') return true
    return parent.callee === part ? isReached(use, names, seen) : isCalled(parent, names, seen)
  })
}

/** Whether a function that is handed to this call is called in a scope. */
function isCalled(
  call: Node & { type: 'CallExpression' },
  names: Names,
  seen: Set<FunctionNode>,
): boolean {
  const root = rootOf(call.callee)
  if (names.callOf(call) !== undefined || isOurs(names.importOf(root)?.module ?? '')) return true
  if (root.type === 'Identifier' && testing.test(root.name)) return false
  if (functionAround(call) !== undefined) return isReached(call, names, seen)
  return !callsAtOnce(call, names) // at the top of a module: the handler of a server, say
}

/** Where a function is named, when it can be named only in this file. */
function usesOf(fn: FunctionNode, names: Names): Node[] | undefined {
  const declares = fn.type === 'FunctionDeclaration'
  const declarator = !declares && fn.parent.type === 'VariableDeclarator' ? fn.parent : undefined
  const id = declares ? fn.id : declarator?.id
  if (id?.type !== 'Identifier') return undefined
  const declaration = declares ? fn : declarator?.parent
  if (declaration?.parent?.type.startsWith('Export')) return undefined
  const uses = (names.variable(id, id.name)?.references ?? []).flatMap(({ identifier }) =>
    identifier === id ? [] : identifier,
  )
  return uses.length === 0 ? undefined : uses
}

/** Whether it is a method of an array, or a function of the file, which at the top of a module may have no scope. */
function callsAtOnce({ callee }: Node & { type: 'CallExpression' }, names: Names): boolean {
  const node = bare(callee)
  if (node.type === 'MemberExpression') return atOnce.test(memberName(node) ?? '')
  return isFunction(names.constant(node) ?? names.definition(node)?.node)
}

/** `test` of `test.only.each([1])`. */
function rootOf(callee: Node): Node {
  const node = bare(callee)
  if (node.type === 'MemberExpression') return rootOf(node.object)
  if (node.type === 'CallExpression') return rootOf(node.callee)
  return node.type === 'TaggedTemplateExpression' ? rootOf(node.tag) : node
}
