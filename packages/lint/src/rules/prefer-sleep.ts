import type { Context, CreateRule, ESTree, Fix, Fixer } from '@oxlint/plugins'
import { bare, isFunction, within } from '../ast.ts'
import type { Node } from '../ast.ts'
import { importFor } from '../import-edit.ts'
import { mayBeInScope } from '../may-be-in-scope.ts'
import { namesOf } from '../names.ts'

/** Reports a promise around a timer: no cancellation ends that wait, and in a test it takes real time. */
export const preferSleep: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'wait by sleep, which a cancellation ends' },
    fixable: 'code',
    schema: [],
    messages: {
      sleep: 'no cancellation ends this wait; use sleep',
    },
  },
  create: (context) => ({
    NewExpression: (node) => {
      const names = namesOf(context.sourceCode)
      const timer = timerIn(node, context)
      if (timer === undefined || !names.usesCorral || !mayBeInScope(node, names)) return
      const { parent } = within(node)
      if (parent?.type !== 'AwaitExpression' && !isReturned(parent)) return
      const use = importFor(context.sourceCode, node, 'sleep')
      const edit = use && editOf(context, node, timer, use.local)
      const fix = edit && ((fixer: Fixer): Fix[] => [edit(fixer), ...use.edits(fixer)])
      context.report({ node, messageId: 'sleep', ...(fix && { fix }) })
    },
  }),
}

/** The only thing that the promise's function does is to set a timer, which does nothing but settle it. */
function timerIn(node: ESTree.NewExpression, context: Context): ESTree.CallExpression | undefined {
  const { callee } = node
  const executor = node.arguments[0] && bare(node.arguments[0])
  if (callee.type !== 'Identifier' || callee.name !== 'Promise' || !isFunction(executor)) return
  const [resolve] = executor.params
  const only = onlyExpression(executor.body)
  if (resolve?.type !== 'Identifier' || only?.type !== 'CallExpression') return undefined
  if (!isGlobalTimer(only.callee, context)) return undefined
  const callback = only.arguments[0] && bare(only.arguments[0])
  if (callback === undefined) return undefined
  return settles(callback, resolve.name) ? only : undefined
}

/** The expression that a function consists of. */
function onlyExpression(body: Node | null): Node | undefined {
  if (body?.type !== 'BlockStatement') return body === null ? undefined : bare(body)
  const [statement, ...others] = body.body
  if (others.length > 0) return undefined
  if (statement?.type === 'ExpressionStatement') return bare(statement.expression)
  const argument = statement?.type === 'ReturnStatement' ? statement.argument : null
  return argument === null ? undefined : bare(argument)
}

function isGlobalTimer(callee: Node, context: Context): boolean {
  const node = bare(callee)
  if (node.type === 'MemberExpression') {
    const { object, property } = node
    const global = object.type === 'Identifier' && /^(globalThis|window)$/.test(object.name)
    return global && property.type === 'Identifier' && property.name === 'setTimeout'
  }
  const names = namesOf(context.sourceCode)
  if (node.type !== 'Identifier' || node.name !== 'setTimeout') return false
  const imported = names.importOf(node)?.module
  if (imported !== undefined) return /^(node:)?timers$/.test(imported)
  return (names.variable(node, 'setTimeout')?.defs.length ?? 0) === 0
}

/** `resolve`, or `() => resolve()`. */
function settles(callback: Node, resolve: string): boolean {
  if (callback.type === 'Identifier') return callback.name === resolve
  const only = isFunction(callback) ? onlyExpression(callback.body) : undefined
  const called = only?.type === 'CallExpression' ? bare(only.callee) : undefined
  return called?.type === 'Identifier' && called.name === resolve
}

function isReturned(parent: Node | null): boolean {
  return (
    parent?.type === 'ReturnStatement' ||
    (parent?.type === 'ArrowFunctionExpression' && parent.body.type !== 'BlockStatement')
  )
}

/** Undefined where the promise has a value, which a sleep has not. */
function editOf(
  { sourceCode }: Context,
  node: ESTree.NewExpression,
  timer: ESTree.CallExpression,
  local: string,
): ((fixer: Fixer) => Fix) | undefined {
  const [callback, ms, ...values] = timer.arguments
  const only =
    callback !== undefined && isFunction(callback) ? onlyExpression(callback.body) : undefined
  if (values.length > 0 || ms?.type === 'SpreadElement') return undefined
  if (only?.type === 'CallExpression' && only.arguments.length > 0) return undefined
  const text = ms === undefined ? '0' : sourceCode.getText(ms)
  return (fixer) => fixer.replaceText(node, `${local}(${text})`)
}
