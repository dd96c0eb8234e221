import { DomHandler, type Document } from 'domhandler'
import { Parser } from 'htmlparser2'
import { ExtractError } from './extract-error.ts'

/** Elements inside each other: browsers stop at 512; the parser's time grows with the square of it. */
const maxDepth = 2000
/** Nodes of one page: a tree costs some hundred bytes for each. */
const maxNodes = 1_000_000

/**
 * Makes a tree of an HTML page. Bounded whatever the page is: one that is nested or large beyond reason is refused.
 *
 * @throws ExtractError EXTRACT_TOO_DEEP, EXTRACT_TOO_LARGE
 */
export function parseTree(html: string): Document {
  const builder = new TreeBuilder()
  new Parser(builder).end(html)
  return builder.root
}

class TreeBuilder extends DomHandler {
  #nodes = 0

  override onopentag(name: string, attributes: { [key: string]: string }): void {
    if (this.tagStack.length > maxDepth) {
      throw new ExtractError(
        'EXTRACT_TOO_DEEP',
        `the page has more than ${maxDepth} elements inside each other`,
      )
    }
    super.onopentag(name, attributes)
  }

  protected override addNode(node: Parameters<DomHandler['addNode']>[0]): void {
    if (++this.#nodes > maxNodes) {
      throw new ExtractError('EXTRACT_TOO_LARGE', `the page has more than ${maxNodes} nodes`)
    }
    super.addNode(node)
  }
}
