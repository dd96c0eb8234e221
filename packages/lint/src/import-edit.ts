import type { Fix, Fixer, SourceCode } from '@oxlint/plugins'
import type { Node } from './ast.ts'
import { namesOf } from './names.ts'

/** A name of another module for use in an edit: how to write it, and what imports it where it is not yet. */
export interface Import {
  readonly local: string
  edits(fixer: Fixer): Fix[]
}

/** `name` of `module`, to be used at `node`; `undefined` where that name means something else or cannot be imported. */
export function importFor(
  source: SourceCode,
  node: Node,
  name: string,
  module = 'corral',
): Import | undefined {
  const names = namesOf(source)
  const { body, sourceType } = source.ast
  if (sourceType !== 'module') return undefined
  const imports = body.filter((statement) => statement.type === 'ImportDeclaration')
  const all = imports
    .filter(({ importKind, source: from }) => importKind !== 'type' && from.value === module)
    .flatMap(({ specifiers }) => specifiers)
  for (const { local } of all) {
    const imported = names.importOf(local)
    if (imported?.module !== module) continue
    const written = imported.name === '*' ? `${local.name}.${name}` : local.name
    const same = imported.name === name || imported.name === '*'
    if (same && names.variable(node, local.name) === names.variable(local, local.name)) {
      return { local: written, edits: () => [] }
    }
  }
  if (names.variable(node, name) !== undefined) return undefined
  const last = all.filter(({ type }) => type === 'ImportSpecifier').at(-1)
  const [first] = body
  return {
    local: name,
    edits: (fixer) => {
      if (last !== undefined) return [fixer.insertTextAfter(last, `, ${name}`)]
      const text = `import { ${name} } from '${module}'\n`
      return [fixer.insertTextBefore(imports[0] ?? first ?? source.ast, text)]
    },
  }
}
