import type { Context, ESTree, CreateRule, Suggestion } from '@oxlint/plugins'
import {
  bare,
  callAround,
  functionAround,
  isFunction,
  mayAwait,
  memberName,
  ownNodes,
  within,
} from '../ast.ts'
import type { Node } from '../ast.ts'
import { importFor } from '../import-edit.ts'
import { atOnce, mayBeInScope } from '../may-be-in-scope.ts'
import { namesOf } from '../names.ts'

interface BlockingCallOptions {
  /** Names of calls that may block, such as `existsSync`. */
  readonly allow?: readonly string[]
  /** From how many rounds on a loop is long. */
  readonly rounds?: number
}

const blocking = /^(node:)?(fs|child_process|crypto|zlib)$/
/** What `node:fs/promises` has under the same name and with the same result. */
const promised =
  /^(access|appendFile|chmod|copyFile|cp|link|lstat|mkdir|mkdtemp|readFile|readdir|readlink|realpath|rename|rm|rmdir|stat|symlink|truncate|unlink|utimes|writeFile)Sync$/
/** Reports what stops the event loop in asynchronous code: `*Sync`, `Atomics.wait`, and long loops that never wait. */
export const noBlockingCall: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'keep the event loop turning' },
    hasSuggestions: true,
    schema: [
      {
        type: 'object',
        properties: {
          allow: { type: 'array', items: { type: 'string' }, uniqueItems: true },
          rounds: { type: 'integer', minimum: 1 },
        },
        additionalProperties: false,
      },
    ],
    messages: {
      call: '{{name}} stops all tasks until it is done; use the asynchronous form, or a thread of @corral/workers',
      loop: 'this long loop never waits and stops all tasks; put await checkpoint() in it, or run it in a thread',
      promised: 'use {{name}} of node:fs/promises',
    },
  },
  create: (context) => {
    const { allow = [], rounds = 1_000_000 } = (context.options[0] ?? {}) as BlockingCallOptions
    const loop = (node: Loop): void => {
      if (!isAsynchronous(context, node) || !isLong(context, node, rounds)) return
      const token = context.sourceCode.getFirstToken(node) ?? node
      context.report({ node: token, messageId: 'loop' })
    }
    return {
      CallExpression: (node) => {
        const name = blockingName(context, node)
        if (name === undefined || allow.includes(name) || !isAsynchronous(context, node)) return
        const suggest = replacement(context, node, name)
        context.report({ node, messageId: 'call', data: { name }, suggest })
      },
      DoWhileStatement: loop,
      ForInStatement: loop,
      ForOfStatement: loop,
      ForStatement: loop,
      WhileStatement: loop,
    }
  },
}

type Loop =
  | ESTree.DoWhileStatement
  | ESTree.ForInStatement
  | ESTree.ForOfStatement
  | ESTree.ForStatement
  | ESTree.WhileStatement

/** `readFileSync`, whether called by its name or as a member of its module. */
function blockingName(context: Context, { callee }: ESTree.CallExpression): string | undefined {
  const names = namesOf(context.sourceCode)
  const imported = names.importOf(callee)
  if (imported !== undefined) {
    const blocks = blocking.test(imported.module) && imported.name.endsWith('Sync')
    return blocks ? imported.name : undefined
  }
  const node = bare(callee)
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return undefined
  const { object } = node
  if (object.name !== 'Atomics' || names.definition(object) !== undefined) return undefined
  return memberName(node) === 'wait' ? 'Atomics.wait' : undefined
}

/** Whether the code runs as part of an async function that may have others beside it. */
function isAsynchronous(context: Context, node: Node): boolean {
  const names = namesOf(context.sourceCode)
  let fn = functionAround(node)
  while (fn !== undefined && !fn.async) {
    const call = callAround(fn)
    if (call === undefined) return false
    if (names.callOf(call) !== undefined) break
    const callee = bare(call.callee)
    const method = callee.type === 'MemberExpression' ? memberName(callee) : undefined
    if (method === undefined || !atOnce.test(method)) return false
    fn = functionAround(fn)
  }
  return fn !== undefined && mayBeInScope(node, names)
}

function replacement(context: Context, node: ESTree.CallExpression, name: string): Suggestion[] {
  if (!promised.test(name) || !mayAwait(node, context.sourceCode)) return []
  const asynchronous = name.slice(0, -'Sync'.length)
  const use = importFor(context.sourceCode, node, asynchronous, 'node:fs/promises')
  if (use === undefined) return []
  const { parent } = within(node)
  const bracketed = parent?.type === 'MemberExpression'
  return [
    {
      messageId: 'promised',
      data: { name: asynchronous },
      fix: (fixer) => [
        fixer.insertTextBefore(node, bracketed ? '(await ' : 'await '),
        fixer.replaceText(node.callee, use.local),
        ...(bracketed ? [fixer.insertTextAfter(node, ')')] : []),
        ...use.edits(fixer),
      ],
    },
  ]
}

/** A loop that never waits and has no end, a bound of many rounds, or a comment before it that says `long loop`. */
function isLong(context: Context, node: Loop, rounds: number): boolean {
  if (waits(context, node)) return false
  const said = context.sourceCode.getCommentsBefore(node).at(-1)?.value ?? ''
  return (
    /\blong loop\b/i.test(said) || isEndless(context, node) || roundsOf(context, node) >= rounds
  )
}

function waits({ sourceCode }: Context, loop: Loop): boolean {
  for (const node of ownNodes(loop, sourceCode)) {
    if (node.type === 'AwaitExpression' || node.type === 'YieldExpression') return true
    if (node.type === 'ForOfStatement' && node.await) return true
  }
  return false
}

function isEndless({ sourceCode }: Context, loop: Loop): boolean {
  if (loop.type === 'ForInStatement' || loop.type === 'ForOfStatement') return false
  const { test } = loop
  if (test !== null && !(test.type === 'Literal' && Boolean(test.value))) return false
  for (const node of ownNodes(loop.body, sourceCode)) {
    if (isFunction(node)) continue
    if (/^(Break|Return|Throw)Statement$/.test(node.type)) return false
  }
  return true
}

/** How many rounds `for (...; i < 1000; ...)` makes without a wait, loops around it included. */
function roundsOf(context: Context, node: Loop): number {
  let rounds = ownRounds(node)
  if (rounds === 1) return 1
  let around: Node | null = node.parent
  for (; around !== null && !isFunction(around); around = around.parent) {
    if (!isLoop(around)) continue
    if (waits(context, around)) break
    rounds *= ownRounds(around)
  }
  return rounds
}

function isLoop(node: Node): node is Loop {
  return /^(DoWhile|ForIn|ForOf|For|While)Statement$/.test(node.type)
}

/** The rounds by start, end and step; 1 where one of them is not written there. */
function ownRounds(node: Loop): number {
  if (node.type !== 'ForStatement' || node.test?.type !== 'BinaryExpression') return 1
  const { left, operator, right } = node.test
  if ((operator !== '<' && operator !== '<=') || left.type !== 'Identifier') return 1
  const end = numberOf(right)
  const start = startOf(node, left.name)
  const step = stepOf(node.update, left.name)
  if (end === undefined || start === undefined || step === undefined || step <= 0) return 1
  const rounds = (end - start) / step
  return Math.max(operator === '<' ? Math.ceil(rounds) : Math.floor(rounds) + 1, 0)
}

function startOf({ init }: ESTree.ForStatement, name: string): number | undefined {
  if (init?.type === 'VariableDeclaration') {
    const made = init.declarations.find(({ id }) => isNamed(id, name))
    return numberOf(made?.init)
  }
  const set = partsOf(init).find(
    (part) => part.type === 'AssignmentExpression' && isNamed(part.left, name),
  )
  return set?.type === 'AssignmentExpression' && set.operator === '='
    ? numberOf(set.right)
    : undefined
}

function stepOf(update: Node | null, name: string): number | undefined {
  for (const part of partsOf(update)) {
    if (part.type === 'UpdateExpression' && isNamed(part.argument, name)) {
      return part.operator === '++' ? 1 : -1
    }
    if (part.type === 'AssignmentExpression' && isNamed(part.left, name)) {
      return part.operator === '+=' ? numberOf(part.right) : undefined
    }
  }
  return undefined
}

/** The expressions of `i = 0, j = 1`. */
function partsOf(node: Node | null): readonly Node[] {
  if (node === null) return []
  return node.type === 'SequenceExpression' ? node.expressions : [node]
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name
}

function numberOf(node: Node | null | undefined): number | undefined {
  if (node?.type === 'UnaryExpression' && node.operator === '-') {
    const value = numberOf(node.argument)
    return value === undefined ? undefined : -value
  }
  return node?.type === 'Literal' && typeof node.value === 'number' ? node.value : undefined
}
