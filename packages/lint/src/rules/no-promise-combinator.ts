import type { Context, ESTree, Fix, Fixer, CreateRule } from '@oxlint/plugins'
import { bare, isFunction, memberName, ownNodes } from '../ast.ts'
import type { Node } from '../ast.ts'
import { importFor } from '../import-edit.ts'
import type { Import } from '../import-edit.ts'
import { mayBeInScope } from '../may-be-in-scope.ts'
import { namesOf } from '../names.ts'
import { waitsOf } from '../waits.ts'

/** What does the same and leaves nothing behind. */
const instead = new Map([
  ['all', 'gather'],
  ['allSettled', 'gatherSettled'],
  ['any', 'any'],
  ['race', 'race'],
])

/** Reports `Promise.all` and its like over our waits: who gives up leaves the others running. */
export const noPromiseCombinator: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'wait for several by gather, gatherSettled, race and any' },
    fixable: 'code',
    schema: [],
    messages: {
      leaves:
        'Promise.{{name}} leaves the others running when it is done, and what they get is lost; use {{instead}} over functions',
    },
  },
  create: (context) => ({
    CallExpression: (node) => check(context, node),
  }),
}

function check(context: Context, node: ESTree.CallExpression): void {
  const callee = bare(node.callee)
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return
  const { sourceCode } = context
  const names = namesOf(sourceCode)
  if (callee.object.name !== 'Promise' || names.definition(callee.object) !== undefined) return
  const name = memberName(callee) ?? ''
  const ours = instead.get(name)
  const [list] = node.arguments
  if (ours === undefined || list === undefined || !mayBeInScope(node, names)) return
  const api = elementOf(context, list)
  if (api === undefined) return
  // The group of the tasks ends with them anyway, and cancels them when one fails.
  const tasks = api === 'Task' || api.endsWith('spawn')
  if (tasks && (name === 'all' || name === 'allSettled')) return
  const data = { name, instead: ours }
  const use = importFor(sourceCode, node, ours)
  const fix = use && ((fixer: Fixer) => rewrite(context, node, use, fixer))
  context.report({ node, messageId: 'leaves', data, ...(fix && { fix }) })
}

/** The first wait among what is combined: elements, or what the function of a `map` gives. */
function elementOf(context: Context, expression: Node): string | undefined {
  const waits = waitsOf(context.sourceCode)
  const list = bare(expression)
  if (list.type === 'ArrayExpression') {
    for (const element of list.elements) {
      if (element === null) continue
      const wait =
        element.type === 'SpreadElement'
          ? elementOf(context, element.argument)
          : waits.of(element)?.api
      if (wait !== undefined) return wait
    }
    return undefined
  }
  if (list.type === 'Identifier') {
    const made = namesOf(context.sourceCode).constant(list)
    return made === undefined || made.type === 'Identifier' ? undefined : elementOf(context, made)
  }
  if (list.type !== 'CallExpression') return undefined
  const callee = bare(list.callee)
  if (callee.type !== 'MemberExpression') return undefined
  const method = memberName(callee)
  const array = callee.object.type === 'Identifier' && callee.object.name === 'Array'
  const maker =
    method === 'map'
      ? list.arguments[0]
      : array && method === 'from'
        ? list.arguments[1]
        : undefined
  const fn = maker && waits.functionOf(maker)
  return fn && waits.ofFunction(fn)?.api
}

/** `Promise.all([a(), b()])` as `gather([() => a(), () => b()])`, where each element is a call that can wait that long. */
function rewrite(context: Context, node: ESTree.CallExpression, use: Import, fixer: Fixer): Fix[] {
  const [list] = node.arguments
  if (list?.type !== 'ArrayExpression' || node.arguments.length !== 1) return []
  const { sourceCode } = context
  const elements = list.elements.flatMap((element) => element ?? [])
  if (elements.length !== list.elements.length) return []
  const isOne = (element: Node): boolean =>
    element.type === 'CallExpression' && !hasAwait(context, element)
  if (!elements.every(isOne)) return []
  return [
    fixer.replaceText(node.callee, use.local),
    ...elements.map((element) => fixer.insertTextBefore(element, '() => ')),
    ...use.edits(fixer),
  ].filter(() => sourceCode.getText(node.callee).startsWith('Promise.'))
}

/** Whether part of the expression has to be evaluated where it stands. */
function hasAwait(context: Context, element: Node): boolean {
  for (const node of ownNodes(element, context.sourceCode)) {
    if (isFunction(node)) continue
    if (node.type === 'AwaitExpression' || node.type === 'YieldExpression') return true
  }
  return false
}
