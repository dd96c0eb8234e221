import type { SourceCode } from '@oxlint/plugins'
import { bare, isFunction, memberName, ownNodes } from './ast.ts'
import type { Node } from './ast.ts'
import { namesOf } from './names.ts'
import { waitsOf } from './waits.ts'

/** Who mentions one of these has thought of the cancellation. */
const aware = new Set(['Cancelled', 'checkpoint', 'isCancelled', 'throwIfCancelled'])
/** So a function of another file is called that throws what it is given. */
const thrower = /throw|raise|^(assert|exit|fail|panic)/i

/** Whether the code that is handed an error throws, rejects, ends the program, or asks about the cancellation. */
export function letsThrough(
  body: Node,
  source: SourceCode,
  seen: ReadonlySet<Node> = new Set(),
): boolean {
  for (const node of ownNodes(body, source)) {
    if (node.type === 'ThrowStatement') return true
    if (node.type === 'Identifier' && aware.has(node.name)) return true
    if (node.type !== 'CallExpression') continue
    if (throws(node, source, new Set([...seen, body]))) return true
  }
  return false
}

function throws(
  { callee }: Node & { type: 'CallExpression' },
  source: SourceCode,
  seen: ReadonlySet<Node>,
): boolean {
  const node = bare(callee)
  const imported = namesOf(source).importOf(node)
  if (imported?.module === 'corral') return aware.has(imported.name)
  const local = waitsOf(source).functionOf(node)?.body ?? undefined
  if (local !== undefined) return !seen.has(local) && letsThrough(local, source, seen)
  if (node.type !== 'MemberExpression') {
    return node.type === 'Identifier' && (node.name === 'reject' || thrower.test(node.name))
  }
  const name = memberName(node)
  const ofProcess = bare(node.object).type === 'Identifier' && isProcess(bare(node.object))
  return name === 'reject' || (ofProcess ? /^(exit|abort|kill)$/ : thrower).test(name ?? '')
}

function isProcess(node: Node): boolean {
  return node.type === 'Identifier' && (node.name === 'process' || node.name === 'Deno')
}

/**
 * A test for the name that a cancellation shares with every abort, in code that goes on with it: it is not thrown
 * again, whatever is done with other errors.
 */
export function nameSwallowed(body: Node, source: SourceCode): Node | undefined {
  const nodes = [...ownNodes(body, source)]
  if (nodes.some((node) => node.type === 'Identifier' && aware.has(node.name))) return undefined
  for (const node of nodes) {
    if (node.type !== 'IfStatement') continue
    const sign = comparesName(node.test, source)
    if (sign === undefined) continue
    const [its, others] = sign
      ? [node.consequent, node.alternate]
      : [node.alternate, node.consequent]
    if (its !== null && letsThrough(its, source)) continue
    // `if (name !== 'AbortError') throw error`: what follows is for the cancellation, too.
    const own = new Set(others === null ? [] : ownNodes(others, source))
    const after = nodes.some((each) => each.type === 'ThrowStatement' && !own.has(each))
    if (!sign && after) continue
    return node
  }
  return undefined
}

/** Whether an error is called `AbortError`: true where the test holds for it, false where it holds for the others. */
function comparesName(test: Node, source: SourceCode): boolean | undefined {
  for (const node of ownNodes(test, source)) {
    if (isFunction(node) || node.type !== 'BinaryExpression') continue
    const isName = [node.left, node.right].some(
      (side) => side.type === 'Literal' && side.value === 'AbortError',
    )
    if (isName && /^[!=]==?$/.test(node.operator)) return node.operator.startsWith('=')
  }
  return undefined
}
