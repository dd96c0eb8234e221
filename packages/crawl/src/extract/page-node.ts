import { selectAll, selectOne } from 'css-select'
import { isTag, type AnyNode, type Document, type Element } from 'domhandler'
import { getInnerHTML } from 'domutils'
import { parseTree } from './parse-tree.ts'
import { compileSelector, type Selector } from './selector.ts'
import { textOf } from './text-of.ts'

/**
 * An element of a page, or the page itself, to be read with CSS selectors. Selectors find what is inside it.
 *
 * @example
 * const page = PageNode.parse('<h1>Hay</h1><a href=/x>x</a>', 'http://a.test/')
 * page.first('h1')?.text // 'Hay'
 */
export class PageNode {
  readonly #node: Document | Element
  readonly #base: string

  private constructor(node: Document | Element, base: string) {
    this.#node = node
    this.#base = base
  }

  /**
   * Parses a page. Time and memory are bounded: a page nested or large beyond reason is refused.
   *
   * @param url what links of the page are relative to, unless its `<base>` says otherwise
   * @throws ExtractError EXTRACT_TOO_DEEP, EXTRACT_TOO_LARGE
   */
  static parse(html: string, url: string): PageNode {
    const root = parseTree(html)
    const base = selectOne<AnyNode, Element>(baseSelector, root)?.attribs['href']
    const resolved = base === undefined ? null : URL.parse(base, url)
    return new PageNode(root, resolved?.href ?? url)
  }

  /** Its text as somebody reads it: blanks run together, one between lines, none at the ends; no scripts and styles. */
  get text(): string {
    return textOf(this.#node)
  }

  /** What is inside it, as HTML. */
  get html(): string {
    return getInnerHTML(this.#node)
  }

  /** The name of the element in lower case; empty for the page. */
  get name(): string {
    return isTag(this.#node) ? this.#node.name : ''
  }

  /** The value of an attribute; undefined when the element has none of that name. */
  attribute(name: string): string | undefined {
    return isTag(this.#node) ? this.#node.attribs[name.toLowerCase()] : undefined
  }

  /** The first element inside that matches; undefined when none does. */
  first(selector: string | Selector): PageNode | undefined {
    const found = selectOne<AnyNode, Element>(compiled(selector), this.#node)
    return found === null ? undefined : new PageNode(found, this.#base)
  }

  /** Every element inside that matches, in the order of the page. */
  all(selector: string | Selector): PageNode[] {
    const found = selectAll<AnyNode, Element>(compiled(selector), this.#node)
    return found.map((element) => new PageNode(element, this.#base))
  }

  /** The absolute URL of a link as written in the page; undefined for what is none. */
  resolve(href: string): string | undefined {
    return URL.parse(href.trim(), this.#base)?.href
  }
}

const baseSelector = compileSelector('PageNode', 'base[href]')

function compiled(selector: string | Selector): Selector {
  return typeof selector === 'string' ? compileSelector('PageNode', selector) : selector
}
