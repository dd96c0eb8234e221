import type { Context, CreateRule, ESTree, Fix, Fixer } from '@oxlint/plugins'
import { functionAround, isCaught, ownNodes } from '../ast.ts'
import type { Node } from '../ast.ts'
import { importFor } from '../import-edit.ts'
import { mayBeCancelled } from '../may-be-cancelled.ts'
import { waitsOf } from '../waits.ts'

/** These wait to their end even in a cancelled scope. */
const holds = new Set(['explore', 'run', 'shield', 'testRun'])

/** Reports a wait in a `finally` that throws at once when the scope is cancelled, so that the cleanup is cut short. */
export const noUnshieldedCleanup: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'shield the waits of cleanup' },
    hasSuggestions: true,
    schema: [],
    messages: {
      wait: 'in a cancelled scope {{api}} throws at once, and the rest of this cleanup is left out; put it into shield',
      shield: 'put it into shield',
    },
  },
  create: (context) => ({
    TryStatement: ({ block, handler, finalizer }) => {
      if (finalizer === null || !mayBeCancelled(finalizer, context.sourceCode)) return
      const before = [block, ...(handler === null ? [] : [handler])]
      if (!before.some((part) => waits(part, context))) return
      for (const [node, { api, foreign }] of waitsOf(context.sourceCode).all(finalizer)) {
        if (foreign || holds.has(api) || isCaught(node, finalizer)) continue
        const edit = node.type === 'AwaitExpression' ? suggestion(context, node) : undefined
        context.report({
          node,
          messageId: 'wait',
          data: { api },
          suggest: edit === undefined ? [] : [{ messageId: 'shield', fix: edit }],
        })
      }
    },
  }),
}

/** Whether a cancellation can come in there. */
function waits(root: Node, { sourceCode }: Context): boolean {
  for (const node of ownNodes(root, sourceCode)) {
    if (node.type === 'AwaitExpression') return true
    if (node.type === 'ForOfStatement' && node.await) return true
    if (node.type === 'VariableDeclaration' && node.kind === 'await using') return true
  }
  return false
}

function suggestion(
  context: Context,
  node: ESTree.AwaitExpression,
): ((fixer: Fixer) => Fix[]) | undefined {
  const { sourceCode } = context
  const { argument } = node
  for (const inner of ownNodes(argument, sourceCode)) {
    if (inner.type === 'AwaitExpression' || inner.type === 'YieldExpression') return undefined
  }
  const use = importFor(sourceCode, node, 'shield')
  if (use === undefined || functionAround(node) === undefined) return undefined
  const text = sourceCode.getText(argument)
  return (fixer) => [
    fixer.replaceText(argument, `${use.local}(() => ${text})`),
    ...use.edits(fixer),
  ]
}
