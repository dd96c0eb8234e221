import type { Context, CreateRule, ESTree, Fix, Fixer, SourceCode } from '@oxlint/plugins'
import { bare, isFunction, memberName } from '../ast.ts'
import type { Node } from '../ast.ts'
import { importFor } from '../import-edit.ts'
import type { Import } from '../import-edit.ts'
import { letsThrough, nameSwallowed } from '../lets-through.ts'
import { mayBeCancelled } from '../may-be-cancelled.ts'
import { namesOf } from '../names.ts'
import { waitsOf } from '../waits.ts'
import type { Wait } from '../waits.ts'

/** No cancellation from outside comes out of these: they have a root of their own. */
const roots = new Set(['explore', 'run', 'testRun'])

/** Reports a `catch` around our waits that lets no cancellation through. */
export const noSwallowedCancellation: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'let the cancellation through a catch' },
    fixable: 'code',
    schema: [],
    messages: {
      ours: 'this catch takes the cancellation of {{api}} for an error; begin it with: if (isCancelled(error)) throw error',
      foreign: 'this catch takes a cancellation for an error; begin it with: throwIfCancelled()',
      name: 'an AbortError may be the cancellation of {{api}}: let that through first, by isCancelled(error) or throwIfCancelled()',
    },
  },
  create: (context) => ({
    TryStatement: (node) => checkTry(context, node),
    CallExpression: (node) => checkHandler(context, node),
  }),
}

function checkTry(context: Context, { block, handler }: ESTree.TryStatement): void {
  if (handler === null) return
  const wait = waitsOf(context.sourceCode).first(block)
  if (wait === undefined || !isCancellable(context, handler, wait)) return
  const byName = nameSwallowed(handler.body, context.sourceCode)
  if (byName === undefined && letsThrough(handler.body, context.sourceCode)) return
  const messageId = wait.foreign ? 'foreign' : 'ours'
  const name = wait.foreign ? 'throwIfCancelled' : 'isCancelled'
  const use = importFor(context.sourceCode, handler.body, name)
  const fix = use && ((fixer: Fixer) => mend(context, handler, wait, use, fixer))
  const node = byName ?? context.sourceCode.getFirstToken(handler) ?? handler
  context.report({
    node,
    messageId: byName === undefined ? messageId : 'name',
    data: { api: wait.api },
    ...(fix && { fix }),
  })
}

/** `wait().catch(() => ...)`, and the second function of `then`. */
function checkHandler(context: Context, node: ESTree.CallExpression): void {
  const callee = bare(node.callee)
  const method = callee.type === 'MemberExpression' ? memberName(callee) : undefined
  if (callee.type !== 'MemberExpression') return
  const handler =
    method === 'catch' ? node.arguments[0] : method === 'then' ? node.arguments[1] : undefined
  if (handler === undefined || !isFunction(handler) || handler.body === null) return
  const wait = waitsOf(context.sourceCode).of(callee.object)
  if (wait === undefined || !isCancellable(context, node, wait)) return
  const byName = nameSwallowed(handler.body, context.sourceCode)
  if (byName === undefined && letsThrough(handler.body, context.sourceCode)) return
  const messageId = byName !== undefined ? 'name' : wait.foreign ? 'foreign' : 'ours'
  context.report({ node: byName ?? handler, messageId, data: { api: wait.api } })
}

function isCancellable(context: Context, node: Node, { api }: Wait): boolean {
  return !roots.has(api) && mayBeCancelled(node, context.sourceCode)
}

function mend(
  context: Context,
  { body, param }: ESTree.CatchClause,
  wait: Wait,
  use: Import,
  fixer: Fixer,
): Fix[] {
  const { sourceCode } = context
  const open = sourceCode.getFirstToken(body)
  if (open === null || (param !== null && param.type !== 'Identifier')) return []
  const name = param?.name ?? freeName(context, body)
  const check = wait.foreign ? `${use.local}()` : `if (${use.local}(${name})) throw ${name}`
  const named = param === null && !wait.foreign
  return [
    ...(named ? [fixer.insertTextBefore(open, `(${name}) `)] : []),
    putFirst(check, body, open, sourceCode, fixer),
    ...use.edits(fixer),
  ]
}

/** A statement as the first of a block, on a line of its own where the others have one. */
function putFirst(
  statement: string,
  { body, loc }: ESTree.BlockStatement,
  open: ESTree.Span,
  source: SourceCode,
  fixer: Fixer,
): Fix {
  const [next] = body
  if (next === undefined) return fixer.insertTextAfter(open, ` ${statement} `)
  const { line, column } = next.loc.start
  if (line === loc.start.line) return fixer.insertTextBefore(next, `${statement}; `)
  const semicolons = source.ast.body.some((node) => source.getLastToken(node)?.value === ';')
  const end = semicolons || /^[([`+/-]/.test(source.getText(next)) ? ';' : ''
  return fixer.insertTextBefore(next, `${statement}${end}\n${' '.repeat(column)}`)
}

/** A name for the error that hides none that the body uses. */
function freeName({ sourceCode }: Context, body: Node): string {
  for (const name of ['error', 'cause', 'reason']) {
    if (namesOf(sourceCode).variable(body, name) === undefined) return name
  }
  return 'caughtError'
}
