import type { Context, CreateRule, ESTree } from '@oxlint/plugins'
import { bare, isCaught, memberName, ownNodes } from '../ast.ts'
import type { FunctionNode, Node } from '../ast.ts'
import { namesOf } from '../names.ts'
import { waitsOf } from '../waits.ts'

/** How listeners are put on an emitter or a target, with a name and a function and nothing else. */
const methods = /^(on|once|addListener|addEventListener|prependListener|prependOnceListener)$/

/** Reports an async function that listens to events: nobody awaits what it returns. */
export const noAsyncListener: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'make listeners that wait tasks of a group' },
    schema: [],
    messages: {
      listener:
        'nobody awaits this listener: its failure is an unhandled rejection, and no scope waits for it; hand over group.callback(fn)',
    },
  },
  create: (context) => ({ CallExpression: (node) => check(context, node) }),
}

function check(context: Context, node: ESTree.CallExpression): void {
  const callee = bare(node.callee)
  const names = namesOf(context.sourceCode)
  if (callee.type !== 'MemberExpression' || !names.usesCorral) return
  if (!methods.test(memberName(callee) ?? '')) return
  const [event, handler, options, ...more] = node.arguments
  if (event === undefined || handler === undefined || more.length > 0 || !isEvent(event)) return
  if (options !== undefined && memberName(callee) !== 'addEventListener') return
  if (awaitsItsListeners(callee.object, context)) return
  const listener = waitsOf(context.sourceCode).functionOf(handler)
  if (listener === undefined || !listener.async || isGuarded(listener, context)) return
  context.report({ node: handler, messageId: 'listener' })
}

function isEvent(node: Node): boolean {
  const event = bare(node)
  return event.type === 'Literal' && typeof event.value === 'string'
}

/** These wait for what their listeners return. */
const awaiting = new Set(['emittery', 'hookable'])

function awaitsItsListeners(object: Node, context: Context): boolean {
  const names = namesOf(context.sourceCode)
  const made = names.constant(object) ?? bare(object)
  if (made.type !== 'NewExpression') return false
  return awaiting.has(names.importOf(made.callee)?.module ?? '')
}

/** It waits for nothing, or only where its own `try` catches whatever it throws. */
function isGuarded({ body }: FunctionNode, { sourceCode }: Context): boolean {
  if (body === null) return true
  for (const node of ownNodes(body, sourceCode)) {
    const waits = node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)
    if (waits && !hasHandler(node) && !isCaught(node, body)) return false
  }
  return true
}

/** `wait().catch(...)` */
function hasHandler(node: Node): boolean {
  const call = node.type === 'AwaitExpression' ? bare(node.argument) : node
  const callee = call.type === 'CallExpression' ? bare(call.callee) : undefined
  return callee?.type === 'MemberExpression' && memberName(callee) === 'catch'
}
