/// <reference lib="esnext.disposable" preserve="true" />
import { MisuseError } from '../errors.ts'

/**
 * What corral asks of the place where it runs. Entry points import this file first, so that a Node that is too old
 * is told so, and does not fail somewhere else.
 */
interface Platform {
  readonly navigator?: { readonly userAgent: string }
  readonly process?: { readonly versions?: { readonly node?: string } }
}
const { navigator, process } = globalThis as Platform
const version = process?.versions?.node
// Bun, Deno and workerd name a version of Node, too, and know more than it does.
const isNode = navigator?.userAgent.startsWith('Node.js/') ?? true
if (isNode && version !== undefined && Number.parseInt(version, 10) < 24) {
  throw new MisuseError(`corral: Node must be 24 or later, got ${version}`)
}

declare global {
  // Types of the platform that our declarations name. They come from `lib.dom`, `@types/node` or the like; in a project
  // that has none of these they are empty, and our declarations compile there as well.
  interface AbortController {}
  interface AbortSignal {}
  interface ReadableStream<R> {}
  interface URL {}
}
