import { MisuseError } from 'corral'
import { compile } from 'css-select'
import type { AnyNode, Element } from 'domhandler'

/** A CSS selector, compiled. */
export type Selector = ReturnType<typeof compile<AnyNode, Element>>

/**
 * Compiles a CSS selector, once for all pages.
 *
 * @param api the name of what was called with it
 * @throws MisuseError when it is none
 */
export function compileSelector(api: string, selector: string): Selector {
  try {
    return compile<AnyNode, Element>(selector)
  } catch (error) {
    const { message } = error as Error
    throw new MisuseError(
      `${api}: selector must be a CSS selector, got ${JSON.stringify(selector)} (${message})`,
      { cause: error },
    )
  }
}
