import { existsSync } from 'node:fs'
import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'

/**
 * The URL of a module that a thread can load. The compiler rewrites what is imported, but no URLs: when a
 * program was compiled, `new URL('./x.ts', import.meta.url)` names a file that is not there, and `x.js`,
 * which is, is meant.
 *
 * @throws MisuseError for what is no URL
 */
export function moduleUrl(module: URL | string): string {
  const url = parse(module)
  if (url.protocol !== 'file:' || existsSync(url)) return url.href
  const compiled = new URL(url)
  compiled.pathname = url.pathname.replace(/\.([cm]?)ts$/, '.$1js')
  return existsSync(compiled) ? compiled.href : url.href
}

function parse(module: URL | string): URL {
  const url = module instanceof URL ? module : URL.parse(module)
  if (url !== null) return url
  throw new MisuseError(
    `WorkerPool: module must be a URL, got ${describe(module)}; write new URL('./x.ts', import.meta.url)`,
  )
}
