import type { Context, Diagnostic, CreateRule, Visitor } from '@oxlint/plugins'
import { bare, functionAround, mayAwait, memberName, within } from '../ast.ts'
import type { Node } from '../ast.ts'
import { mayBeInScope } from '../may-be-in-scope.ts'
import { namesOf } from '../names.ts'

/** Waits that are nothing without `await`, so that it can be put there: they give no value and take no turn. */
const pure = new Set(['checkpoint', 'sleep', 'sleepUntil'])
/** Whoever starts one of these means to have its tasks ended with it; the scope around it ends them early. */
const owners = new Set(['supervisor', 'taskGroup'])
const ofPromises = new Set(['catch', 'finally', 'then'])
const ofTasks = new Set([...ofPromises, 'cancel', 'id', 'name', 'settled', 'status'])
const identity = new Set(['!=', '!==', '==', '===', 'in', 'instanceof'])

/** Reports a wait that nobody awaits, a stream that nobody reads, and a task or a wait that is used as if it were its value. */
export const noForgottenAwait: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'await the waits of corral' },
    fixable: 'code',
    hasSuggestions: true,
    schema: [],
    messages: {
      floating: '{{api}} is not awaited: what follows runs at once; put await before it',
      owner:
        'the scope around {{api}} cancels what is not awaited in it; put await before it, or spawn it',
      used: '{{api}} gives a promise, not its value; await it first',
      task: 'a task is not its value; await it first',
      using: '{{api}} gives a promise, which using cannot dispose of; await it first',
      unread:
        '{{api}} does nothing until somebody reads it; end it by for await, forEach, toArray or pipeTo',
      await: 'put await before it',
    },
  },
  create: (context) => new ForgottenAwait(context).visitor,
}

class ForgottenAwait {
  readonly #context: Context
  readonly #names: ReturnType<typeof namesOf>

  constructor(context: Context) {
    this.#context = context
    this.#names = namesOf(context.sourceCode)
  }

  get visitor(): Visitor {
    return {
      ExpressionStatement: (node) => this.#statement(bare(node.expression)),
      VariableDeclarator: ({ id, init, parent }) => {
        if (init === null || parent.type !== 'VariableDeclaration') return
        if (parent.kind !== 'using' && parent.kind !== 'await using') {
          return this.#unused(id, init, parent)
        }
        const api = this.#waiting(init)
        if (api !== undefined) this.#report(init, 'using', api, true)
      },
      CallExpression: (node) => this.#value(node),
      Identifier: (node) => this.#value(node),
    }
  }

  /** `const done = taskGroup(...)`, and nobody asks for it. */
  #unused(id: Node, init: Node, declaration: Node): void {
    if (id.type !== 'Identifier' || declaration.parent?.type.startsWith('Export') === true) return
    const api = this.#waiting(init)
    const read = this.#names.variable(id, id.name)?.references.some((use) => use.isRead())
    if (api !== undefined && read === false && this.#hasScope(init)) {
      this.#report(init, owners.has(api) ? 'owner' : 'floating', api, false)
    }
  }

  #hasScope(node: Node): boolean {
    return mayBeInScope(node, this.#names)
  }

  #statement(node: Node): void {
    if (node.type === 'UnaryExpression' && node.operator === 'void') {
      return this.#abandoned(bare(node.argument))
    }
    if (node.type === 'LogicalExpression') return this.#statement(bare(node.right))
    if (node.type === 'SequenceExpression') {
      for (const part of node.expressions) this.#statement(bare(part))
      return
    }
    if (node.type === 'ConditionalExpression') {
      this.#statement(bare(node.consequent))
      return this.#statement(bare(node.alternate))
    }
    const call = this.#names.callOf(node)
    if (call?.gives === 'Stream' || call?.gives === 'WorkerIteration') {
      this.#context.report({ node, messageId: 'unread', data: { api: call.api } })
    }
    const api = this.#floating(node)
    if (api === undefined) return this.#abandoned(node)
    // At the top of a program run is its end: a failure ends the process.
    if (api === 'run' && functionAround(node) === undefined) return
    // What stands in a `then` was to run later, and what follows at once.
    const direct = this.#waiting(node) !== undefined
    this.#report(node, 'floating', api, direct && pure.has(api))
  }

  /** A group that is not waited for, although its errors are looked after, or that is said to be let go. */
  #abandoned(expression: Node): void {
    const node = bare(expression)
    if (node.type !== 'CallExpression') return
    const callee = bare(node.callee)
    const name = callee.type === 'MemberExpression' ? memberName(callee) : undefined
    if (callee.type === 'MemberExpression' && name !== undefined && ofPromises.has(name)) {
      return this.#abandoned(callee.object)
    }
    const api = this.#waiting(node)
    if (api === undefined || !owners.has(api) || !this.#hasScope(node)) return
    this.#report(node, 'owner', api, false)
  }

  /** The wait behind a promise that nobody looks after: one with a handler for errors is looked after. */
  #floating(expression: Node): string | undefined {
    const node = bare(expression)
    if (node.type !== 'CallExpression') return undefined
    const callee = bare(node.callee)
    const name = callee.type === 'MemberExpression' ? memberName(callee) : undefined
    if (callee.type === 'MemberExpression' && name !== undefined && ofPromises.has(name)) {
      const handled = name === 'catch' || (name === 'then' && node.arguments.length > 1)
      return handled ? undefined : this.#floating(callee.object)
    }
    return this.#waiting(node)
  }

  #value(node: Node): void {
    const wait = node.type === 'CallExpression' ? this.#waiting(node) : undefined
    const { parent, part } = within(node)
    if (parent === null || (wait === undefined && !this.#isTask(node))) return
    if (wait === undefined && isIdentity(parent)) return
    const members = wait === undefined ? ofTasks : ofPromises
    if (!takesValue(parent, part, members)) return
    this.#report(node, wait === undefined ? 'task' : 'used', wait ?? '', false)
  }

  /** Whether it is a task for sure: what spawn gives, itself or in a constant. */
  #isTask(expression: Node): boolean {
    const node = bare(expression)
    const made = node.type === 'Identifier' ? this.#names.constant(node) : node
    return made !== undefined && this.#names.callOf(made)?.gives === 'Task'
  }

  #waiting(node: Node): string | undefined {
    const call = this.#names.callOf(node)
    return call?.gives === 'wait' ? call.api : undefined
  }

  #report(node: Node, messageId: string, api: string, safe: boolean): void {
    const bracketed = messageId === 'used' || messageId === 'task'
    const fix: NonNullable<Diagnostic['fix']> = (fixer) =>
      bracketed
        ? [fixer.insertTextBefore(node, '(await '), fixer.insertTextAfter(node, ')')]
        : fixer.insertTextBefore(node, 'await ')
    const possible = mayAwait(node, this.#context.sourceCode)
    const edit = possible && safe ? { fix } : {}
    const suggest = possible && !safe && messageId !== 'owner' ? [{ messageId: 'await', fix }] : []
    this.#context.report({ node, messageId, data: { api }, ...edit, suggest })
  }
}

function isIdentity(parent: Node): boolean {
  return parent.type === 'BinaryExpression' && identity.has(parent.operator)
}

/** Whether `part` stands where only its value makes sense: a promise is always true, has no fields and no digits. */
function takesValue(parent: Node, part: Node, members: ReadonlySet<string>): boolean {
  switch (parent.type) {
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ConditionalExpression':
      return parent.test === part
    case 'UnaryExpression':
      return parent.operator !== 'void' && parent.operator !== 'typeof'
    case 'LogicalExpression':
      return parent.left === part && parent.operator !== '??'
    case 'BinaryExpression':
    case 'SwitchStatement':
      return true
    case 'TemplateLiteral':
      return parent.parent.type !== 'TaggedTemplateExpression'
    case 'SpreadElement':
      return parent.parent.type !== 'ObjectExpression'
    case 'ForOfStatement':
      return parent.right === part && !parent.await
    case 'MemberExpression': {
      const name = memberName(parent)
      return parent.object === part && name !== undefined && !members.has(name)
    }
    default:
      return false
  }
}
