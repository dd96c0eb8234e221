import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

const page = fileURLToPath(new URL('page.html', import.meta.url))
const packages = fileURLToPath(new URL('../../packages/', import.meta.url))

/** The page, and the client's own sources with their types taken off: no build is needed to look at it. */
export function servePage(request: IncomingMessage, response: ServerResponse): void {
  void answer(request.url ?? '/', response)
}

async function answer(url: string, response: ServerResponse): Promise<void> {
  const path = url.split('?', 1)[0] ?? '/'
  try {
    if (path === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(await readFile(page))
      return
    }
    const [, file] = /^\/((?:core|ws)\/src\/[\w./-]+\.ts)$/.exec(path) ?? []
    if (file === undefined || file.includes('..')) throw new Error('no such file')
    const source = await readFile(packages + file, 'utf8')
    response.setHeader('content-type', 'text/javascript')
    response.end(stripTypeScriptTypes(source))
  } catch {
    response.statusCode = 404
    response.end('not found')
  }
}
