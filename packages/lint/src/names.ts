import type { Definition, ESTree, SourceCode, Variable } from '@oxlint/plugins'
import { bare, callAround, isFunction, memberName } from './ast.ts'
import type { Node } from './ast.ts'
import { functions, handedOver, isOurs, methods } from './what-waits.ts'
import type { Gives } from './what-waits.ts'

/** What a name was imported as; `*` is the whole module. */
export interface Imported {
  readonly module: string
  readonly name: string
}

/** A call of ours: `Lock.acquire`, say, gives a promise. */
export interface OurCall {
  readonly api: string
  readonly gives: Gives
}

/**
 * What the names in a file mean, without types: by what is imported, made by `new`, annotated or handed over.
 * What cannot be known is `undefined`, and no rule reports it.
 */
export class Names {
  readonly #source: SourceCode
  readonly #open = new Set<Node>() // against `const a = b, b = a`

  constructor(source: SourceCode) {
    this.#source = source
  }

  /** Whether the file imports more than types from us. */
  get usesCorral(): boolean {
    return this.#source.ast.body.some(
      (node) =>
        node.type === 'ImportDeclaration' &&
        node.importKind !== 'type' &&
        isOurs(node.source.value),
    )
  }

  variable(node: Node, name: string): Variable | undefined {
    for (let scope = this.#scopeOf(node); scope !== null; scope = scope.upper) {
      const variable = scope.set.get(name)
      if (variable !== undefined) return variable
    }
    return undefined
  }

  /** The only definition of a name. */
  definition(node: Node): Definition | undefined {
    if (node.type !== 'Identifier') return undefined
    const variable = this.variable(node, node.name)
    return variable?.defs.length === 1 ? variable.defs[0] : undefined
  }

  /** What the name of a `const` stands for. */
  constant(node: Node): Node | undefined {
    const found = this.definition(node)?.node
    if (found?.type !== 'VariableDeclarator' || found.id.type !== 'Identifier') return undefined
    const constant = found.parent.type === 'VariableDeclaration' && found.parent.kind !== 'let'
    return constant && found.init !== null ? bare(found.init) : undefined
  }

  /** What was imported under this name, or as this member of a module. */
  importOf(expression: Node): Imported | undefined {
    const node = bare(expression)
    if (node.type === 'MemberExpression') {
      const name = memberName(node)
      const whole = this.importOf(node.object)
      if (name === undefined || (whole?.name !== '*' && whole?.name !== 'default')) return undefined
      return { module: whole.module, name }
    }
    const definition = this.definition(node)
    if (definition?.type === 'ImportBinding') return importBy(definition)
    const declarator = definition?.node
    if (declarator?.type !== 'VariableDeclarator' || declarator.init === null) return undefined
    const module = requiredBy(declarator.init)
    if (module === undefined) return undefined
    if (declarator.id.type === 'Identifier') return { module, name: '*' }
    const name = keyOf(declarator.id, definition?.name.name)
    return name === undefined ? undefined : { module, name }
  }

  /** The class of ours that an expression's value is of. */
  kindOf(expression: Node): string | undefined {
    const node = bare(expression)
    if (this.#open.has(node)) return undefined
    this.#open.add(node)
    try {
      switch (node.type) {
        case 'Identifier':
          return this.#kindOfName(this.definition(node))
        case 'NewExpression':
          return this.#kindByName(node.callee)
        case 'CallExpression':
          return this.#resultOf(node)
        case 'MemberExpression':
          return this.#kindOfMember(node)
        default:
          return undefined
      }
    } finally {
      this.#open.delete(node)
    }
  }

  /** Which of our functions a call calls. */
  callOf(expression: Node): OurCall | undefined {
    const node = bare(expression)
    if (node.type !== 'CallExpression') return undefined
    const imported = this.importOf(node.callee)
    if (imported !== undefined) {
      const gives = functions.get(imported.module)?.get(imported.name)
      return gives && { api: imported.name, gives }
    }
    const callee = bare(node.callee)
    const name = callee.type === 'MemberExpression' ? memberName(callee) : undefined
    if (callee.type !== 'MemberExpression' || name === undefined) return undefined
    const kind = this.kindOf(callee.object)
    const gives = kind === undefined ? undefined : methods.get(kind)?.get(name)
    return gives && { api: `${kind}.${name}`, gives }
  }

  #resultOf(node: Node): string | undefined {
    const gives = this.callOf(node)?.gives
    return gives === 'wait' ? undefined : gives
  }

  #kindByName(callee: Node): string | undefined {
    const imported = this.importOf(callee)
    if (imported === undefined || !isOurs(imported.module)) return undefined
    return methods.has(imported.name) ? imported.name : undefined
  }

  #kindByType(annotation: ESTree.TSTypeAnnotation | null | undefined): string | undefined {
    const type = annotation?.typeAnnotation
    return type?.type === 'TSTypeReference' ? this.#kindByName(type.typeName) : undefined
  }

  #kindOfName(definition: Definition | undefined): string | undefined {
    const { name, node } = definition ?? {}
    if (node === undefined || name?.type !== 'Identifier') return undefined
    const annotated = 'typeAnnotation' in name ? this.#kindByType(name.typeAnnotation) : undefined
    if (annotated !== undefined) return annotated
    if (node.type === 'VariableDeclarator' && node.init !== null) {
      if (node.id.type === 'Identifier') return this.kindOf(node.init)
      return this.#endOfChannel(node.id, node.init, name)
    }
    if (!isFunction(node) || !node.params.some((param) => param === name)) return undefined
    const call = node.params[0] === name ? callAround(node) : undefined
    const api = call && this.callOf(call)?.api
    return api && handedOver.get(api)
  }

  /** `const [sender, receiver] = openChannel(...)` */
  #endOfChannel(pattern: Node, init: Node, name: Node): string | undefined {
    const call = bare(init)
    if (pattern.type !== 'ArrayPattern' || call.type !== 'CallExpression') return undefined
    const imported = this.importOf(call.callee)
    if (imported?.module !== 'corral' || imported.name !== 'openChannel') return undefined
    return ['Sender', 'Receiver'][pattern.elements.findIndex((element) => element === name)]
  }

  /** A field of the class that the code is in, as it is declared. */
  #kindOfMember(node: ESTree.MemberExpression): string | undefined {
    const name = memberName(node)
    if (name === 'lock' && this.kindOf(node.object) === 'Condition') return 'Lock'
    if (node.object.type !== 'ThisExpression') return undefined
    const member = memberOfClass(node, name)
    if (member?.type !== 'PropertyDefinition') return undefined
    return (
      this.#kindByType(member.typeAnnotation) ??
      (member.value && this.kindOf(member.value)) ??
      undefined
    )
  }

  #scopeOf(node: Node): ReturnType<SourceCode['getScope']> | null {
    return this.#source.getScope(node)
  }
}

/** The method or field `name` of the class that the code is in. */
export function memberOfClass(
  node: Node,
  name: string | undefined,
): ESTree.ClassElement | undefined {
  let around: Node | null = node
  while (around !== null && around.type !== 'ClassBody') around = around.parent
  return around?.body.find((member) => {
    if (member.type !== 'PropertyDefinition' && member.type !== 'MethodDefinition') return false
    if (member.computed) return false
    const { key } = member
    if (key.type === 'PrivateIdentifier') return `#${key.name}` === name
    return key.type === 'Identifier' && key.name === name
  })
}

function importBy({ node, parent }: Definition): Imported | undefined {
  if (parent?.type !== 'ImportDeclaration') return undefined
  const module = parent.source.value
  if (node.type === 'ImportNamespaceSpecifier') return { module, name: '*' }
  if (node.type === 'ImportDefaultSpecifier') return { module, name: 'default' }
  if (node.type !== 'ImportSpecifier') return undefined
  const { imported } = node
  return { module, name: imported.type === 'Literal' ? imported.value : imported.name }
}

/** `module` of `require('module')` and `await import('module')`. */
function requiredBy(init: Node): string | undefined {
  const node = bare(init)
  const from =
    node.type === 'AwaitExpression' && node.argument.type === 'ImportExpression'
      ? node.argument.source
      : node.type === 'CallExpression' &&
          node.callee.type === 'Identifier' &&
          node.callee.name === 'require'
        ? node.arguments[0]
        : undefined
  return from?.type === 'Literal' && typeof from.value === 'string' ? from.value : undefined
}

/** `key` of `{ key: local }`. */
function keyOf(pattern: Node, local: string | undefined): string | undefined {
  if (pattern.type !== 'ObjectPattern') return undefined
  for (const property of pattern.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') continue
    const { value } = property
    if (value.type === 'Identifier' && value.name === local) return property.key.name
  }
  return undefined
}

const known = new WeakMap<SourceCode, Names>()

/** The names of a file; all rules share them. */
export function namesOf(source: SourceCode): Names {
  let names = known.get(source)
  if (names === undefined) known.set(source, (names = new Names(source)))
  return names
}
