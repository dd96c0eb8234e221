import type { Context, ESTree, CreateRule } from '@oxlint/plugins'
import { bare, callAround, functionAround, ownNodes } from '../ast.ts'
import type { FunctionNode } from '../ast.ts'
import { namesOf } from '../names.ts'

/** Reports a `yield` while a group is open: the caller would run in it, and may never come back to end it. */
export const noScopeAcrossYield: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'leave a group before a yield' },
    schema: [],
    messages: {
      across:
        'this yield leaves {{name}} open while the caller runs; collect what is to be yielded in a Queue, or open the group where the generator is read',
    },
  },
  create: (context) => ({
    VariableDeclarator: (node) => check(context, node),
  }),
}

function check(context: Context, node: ESTree.VariableDeclarator): void {
  const generator = functionAround(node)
  if (node.init === null || generator?.generator !== true || node.id.type !== 'Identifier') return
  const names = namesOf(context.sourceCode)
  const call = bare(node.init)
  const imported = call.type === 'CallExpression' ? names.importOf(call.callee) : undefined
  if (imported?.module !== 'corral' || imported.name !== 'openGroup') return
  if (isSource(context, generator)) return
  const block = node.parent.parent
  if (block === null) return
  for (const inner of ownNodes(block, context.sourceCode)) {
    if (inner.type !== 'YieldExpression' || inner.range[0] < node.range[1]) continue
    context.report({ node: inner, messageId: 'across', data: { name: node.id.name } })
  }
}

/** Whether the generator is given to `stream`, which runs it in a task of its own. */
function isSource(context: Context, generator: FunctionNode): boolean {
  const names = namesOf(context.sourceCode)
  const isStream = (call: ESTree.CallExpression | undefined): boolean => {
    const imported = call && names.importOf(call.callee)
    return imported?.module === 'corral' && imported.name === 'stream'
  }
  if (isStream(callAround(generator))) return true
  if (generator.type !== 'FunctionDeclaration' || generator.id === null) return false
  const calls = (names.variable(generator, generator.id.name)?.references ?? []).map(
    ({ identifier }) => {
      const { parent } = identifier
      if (parent.type !== 'CallExpression') return undefined
      if (parent.callee !== identifier) return parent // stream(source)
      return parent.parent.type === 'CallExpression' ? parent.parent : undefined // stream(source())
    },
  )
  return calls.length > 0 && calls.every(isStream)
}
