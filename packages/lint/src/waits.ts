import type { SourceCode } from '@oxlint/plugins'
import { bare, isFunction, memberName, ownNodes } from './ast.ts'
import type { FunctionNode, Node } from './ast.ts'
import { memberOfClass, namesOf } from './names.ts'
import type { Names } from './names.ts'
import { awaitedLoops } from './what-waits.ts'

/** A wait that a cancellation ends: `api` is ours, or foreign and given our signal. */
export interface Wait {
  readonly api: string
  readonly foreign: boolean
}

/** What waits in a file: our calls, and the file's own functions that make them. */
export class Waits {
  readonly #source: SourceCode
  readonly #names: Names
  readonly #found = new Map<FunctionNode, Wait | undefined>()

  constructor(source: SourceCode) {
    this.#source = source
    this.#names = namesOf(source)
  }

  /** The wait behind a promise, as far as the file shows it. */
  of(expression: Node): Wait | undefined {
    const node = bare(expression)
    switch (node.type) {
      case 'ConditionalExpression':
        return this.of(node.consequent) ?? this.of(node.alternate)
      case 'LogicalExpression':
        return this.of(node.right)
      case 'CallExpression':
        return this.#ofCall(node)
      default: {
        const task = this.#names.kindOf(node) === 'Task'
        const constant = task ? undefined : this.#names.constant(node)
        if (constant?.type === 'CallExpression') return this.of(constant)
        return task ? { api: 'Task', foreign: false } : undefined
      }
    }
  }

  /** The first wait in the code below, other functions left out. */
  first(root: Node): Wait | undefined {
    for (const [, wait] of this.all(root)) return wait
    return undefined
  }

  /** All of them, each with the `await` or the loop. */
  *all(root: Node): Generator<readonly [Node, Wait], void, undefined> {
    for (const node of ownNodes(root, this.#source)) {
      const wait =
        node.type === 'AwaitExpression'
          ? this.of(node.argument)
          : node.type === 'ForOfStatement' && node.await
            ? this.#ofLoop(node.right)
            : undefined
      if (wait !== undefined) yield [node, wait]
    }
  }

  /** What a function waits for, or gives as a promise. */
  ofFunction(fn: FunctionNode): Wait | undefined {
    if (this.#found.has(fn)) return this.#found.get(fn)
    this.#found.set(fn, undefined) // against functions that call each other
    const wait = fn.body === null ? undefined : (this.first(fn.body) ?? this.#returned(fn.body))
    this.#found.set(fn, wait)
    return wait
  }

  /** The function of this file that an expression names. */
  functionOf(expression: Node): FunctionNode | undefined {
    const node = bare(expression)
    if (isFunction(node)) return node
    if (node.type === 'MemberExpression' && node.object.type === 'ThisExpression') {
      const member = memberOfClass(node, memberName(node))
      const value = member?.type === 'MethodDefinition' ? member.value : undefined
      return value !== undefined && isFunction(value) ? value : undefined
    }
    const definition = this.#names.definition(node)
    if (definition?.type === 'Parameter') return undefined
    const found = this.#names.constant(node) ?? definition?.node
    return isFunction(found) ? found : undefined
  }

  #ofCall(node: Node & { type: 'CallExpression' }): Wait | undefined {
    const ours = this.#names.callOf(node)
    if (ours !== undefined) {
      const waits = ours.gives === 'wait' || ours.gives === 'Task'
      return waits ? { api: ours.api, foreign: false } : undefined
    }
    const callee = bare(node.callee)
    if (callee.type === 'MemberExpression') {
      const name = memberName(callee)
      if (name === 'then' || name === 'catch' || name === 'finally') return this.of(callee.object)
    }
    const local = this.functionOf(callee)
    if (local !== undefined) return this.ofFunction(local)
    return this.#takesOurSignal(node) ? { api: 'currentSignal', foreign: true } : undefined
  }

  #ofLoop(right: Node): Wait | undefined {
    const kind = this.#names.kindOf(right)
    if (kind !== undefined && awaitedLoops.has(kind)) return { api: kind, foreign: false }
    const node = bare(right)
    const imported = node.type === 'CallExpression' ? this.#names.importOf(node.callee) : undefined
    const ours = imported?.module === 'corral' && imported.name === 'asCompleted'
    return ours ? { api: 'asCompleted', foreign: false } : undefined
  }

  #returned(body: Node): Wait | undefined {
    if (body.type !== 'BlockStatement') return this.of(body)
    for (const node of ownNodes(body, this.#source)) {
      if (node.type !== 'ReturnStatement' || node.argument === null) continue
      const wait = this.of(node.argument)
      if (wait !== undefined) return wait
    }
    return undefined
  }

  #takesOurSignal(node: Node): boolean {
    for (const inner of ownNodes(node, this.#source)) {
      if (inner.type !== 'CallExpression') continue
      const imported = this.#names.importOf(inner.callee)
      if (imported?.module === 'corral' && imported.name === 'currentSignal') return true
    }
    return false
  }
}

const known = new WeakMap<object, Waits>()

/** What waits in a file; all rules share it. (`ast` is the key: oxlint has one SourceCode for all files.) */
export function waitsOf(source: SourceCode): Waits {
  let waits = known.get(source.ast)
  if (waits === undefined) known.set(source.ast, (waits = new Waits(source)))
  return waits
}
