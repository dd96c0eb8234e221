import type { Context, ESTree, Fix, Fixer, CreateRule } from '@oxlint/plugins'
import { bare, callAround, functionAround, within } from '../ast.ts'
import type { Node } from '../ast.ts'
import { importFor } from '../import-edit.ts'
import { mayBeInScope } from '../may-be-in-scope.ts'
import { namesOf } from '../names.ts'

/** Calls by module and name, with the place of the argument that may hold `signal`; -1 is the last one. */
type Takers = Readonly<Record<string, Readonly<Record<string, number>>>>

interface PassSignalOptions {
  readonly also?: Takers
}

const takers: Takers = {
  events: { on: 2, once: 2 },
  'stream/promises': { finished: 1, pipeline: -1 },
  'timers/promises': { 'scheduler.wait': 1, setImmediate: 1, setInterval: 2, setTimeout: 2 },
  undici: { fetch: 1, request: 1 },
}

/** Reports calls of foreign functions that could be cancelled with the scope and are not. */
export const passSignal: CreateRule = {
  meta: {
    type: 'problem',
    docs: { description: 'give currentSignal() to foreign calls that take a signal' },
    fixable: 'code',
    schema: [
      {
        type: 'object',
        properties: {
          also: {
            type: 'object',
            additionalProperties: { type: 'object', additionalProperties: { type: 'integer' } },
          },
        },
        additionalProperties: false,
      },
    ],
    messages: {
      signal:
        '{{name}} goes on when its scope is cancelled; give it { signal: currentSignal() }{{also}}',
    },
  },
  create: (context) => {
    const { also = {} } = (context.options[0] ?? {}) as PassSignalOptions
    return { CallExpression: (node) => check(context, node, also) }
  },
}

function check(context: Context, node: ESTree.CallExpression, also: Takers): void {
  const names = namesOf(context.sourceCode)
  const taker = takerOf(context, node, also)
  if (taker === undefined || !names.usesCorral) return
  const { place, name } = taker
  const given = node.arguments.at(place)
  if (node.arguments.some(({ type }) => type === 'SpreadElement')) return
  const options = given && bare(given)
  if (options !== undefined && !lacksSignal(context, options, place)) return
  if (isRequest(context, node.arguments[0]) || !mayBeInScope(node, names)) return
  if (isCancellable(context, node)) return
  const use = importFor(context.sourceCode, node, 'currentSignal')
  const edit = use && editOf(context, node, place, use.local)
  const fix = edit && ((fixer: Fixer): Fix[] => [edit(fixer), ...use.edits(fixer)])
  const hint = name === 'setTimeout' ? ', or use sleep' : ''
  context.report({ node, messageId: 'signal', data: { name, also: hint }, ...(fix && { fix }) })
}

function takerOf(
  context: Context,
  { callee }: ESTree.CallExpression,
  also: Takers,
): { readonly name: string; readonly place: number } | undefined {
  const names = namesOf(context.sourceCode)
  const node = bare(callee)
  if (node.type === 'Identifier' && node.name === 'fetch') {
    if (names.variable(node, 'fetch')?.defs.length !== undefined && names.definition(node)) {
      return placeOf(context, node, also)
    }
    return { name: 'fetch', place: 1 }
  }
  return placeOf(context, node, also)
}

function placeOf(
  context: Context,
  callee: Node,
  also: Takers,
): { readonly name: string; readonly place: number } | undefined {
  const names = namesOf(context.sourceCode)
  let imported = names.importOf(callee)
  if (imported === undefined && callee.type === 'MemberExpression' && !callee.computed) {
    const object = names.importOf(callee.object) // scheduler.wait
    if (object !== undefined && callee.property.type === 'Identifier') {
      imported = { module: object.module, name: `${object.name}.${callee.property.name}` }
    }
  }
  if (imported === undefined) return undefined
  const { module, name } = imported
  const known = takers[module.replace(/^node:/, '')]?.[name] ?? also[module]?.[name]
  return known === undefined ? undefined : { name, place: known }
}

/** Whether an argument surely has no signal: it is an object literal without one, or no options at all. */
function lacksSignal(context: Context, node: Node, place: number): boolean {
  if (node.type === 'ObjectExpression') return literalLacksSignal(node)
  const made = namesOf(context.sourceCode).constant(node)
  if (made?.type === 'ObjectExpression') return false
  if (place === -1) return !(node.type === 'Identifier' && /opt|init|config/i.test(node.name))
  return node.type === 'Identifier' && node.name === 'undefined'
}

function literalLacksSignal({ properties }: ESTree.ObjectExpression): boolean {
  return properties.every(
    (property) =>
      property.type === 'Property' &&
      !property.computed &&
      !(property.key.type === 'Identifier' && property.key.name === 'signal') &&
      !(property.key.type === 'Literal' && property.key.value === 'signal'),
  )
}

/** `new Request(...)` may have a signal of its own. */
function isRequest(context: Context, argument: Node | undefined): boolean {
  if (argument === undefined) return false
  const node = namesOf(context.sourceCode).constant(argument) ?? bare(argument)
  return (
    node.type === 'NewExpression' &&
    node.callee.type === 'Identifier' &&
    node.callee.name === 'Request'
  )
}

/** `cancellable(fetch(url))` gives up waiting at least, and says so. */
function isCancellable(context: Context, node: Node): boolean {
  const names = namesOf(context.sourceCode)
  const { parent } = within(node)
  const fn = functionAround(node)
  const calls = [parent, fn?.body === node ? callAround(fn) : undefined]
  return calls.some(
    (call) => call?.type === 'CallExpression' && names.callOf(call)?.api === 'cancellable',
  )
}

/** Puts the signal into the call; `undefined` where it is not clear how. */
function editOf(
  { sourceCode }: Context,
  node: ESTree.CallExpression,
  place: number,
  local: string,
): ((fixer: Fixer) => Fix) | undefined {
  const signal = `signal: ${local}()`
  const given = node.arguments.at(place)
  const options = given && bare(given)
  if (options?.type === 'ObjectExpression') {
    const last = options.properties.at(-1)
    return last === undefined
      ? (fixer) => fixer.replaceText(options, `{ ${signal} }`)
      : (fixer) => fixer.insertTextAfter(last, `, ${signal}`)
  }
  if (options?.type === 'Identifier' && options.name === 'undefined') {
    return (fixer) => fixer.replaceText(options, `{ ${signal} }`)
  }
  const last = node.arguments.at(-1)
  const missing = place === -1 ? 0 : place - node.arguments.length
  if (last === undefined || missing < 0) return undefined
  // `pipeline(a, b, x ? {} : c)` may have its options.
  if (options?.type === 'ConditionalExpression' || options?.type === 'LogicalExpression') {
    return undefined
  }
  // Behind `url` in `fetch((url))` is not yet behind the argument.
  const next = sourceCode.getTokenAfter(last)
  if (next?.value === ')' && next.range[1] !== node.range[1]) return undefined
  return (fixer) => fixer.insertTextAfter(last, `${', undefined'.repeat(missing)}, { ${signal} }`)
}
