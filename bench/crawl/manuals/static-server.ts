import { once } from 'node:events'
import { createReadStream, statSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.htm': 'text/html',
  '.xhtml': 'application/xhtml+xml',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.gif': 'image/gif',
  '.jpg': 'image/jpeg',
  '.txt': 'text/plain',
  '.pdf': 'application/pdf',
}

/** Serves a directory as it is, on loopback: nothing but files, and index.html for a directory. */
export async function serveDirectory(
  directory: string,
): Promise<{ readonly origin: string } & AsyncDisposable> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, search } = new URL(url, 'http://a.test')
    try {
      answer(directory, decodeURIComponent(pathname), pathname, search, response)
    } catch {
      response.writeHead(400).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close().closeAllConnections()
      await closed
    },
  }
}

function answer(
  directory: string,
  path: string,
  pathname: string,
  search: string,
  response: ServerResponse,
): void {
  let file = join(directory, normalize(path))
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) {
    if (!path.endsWith('/')) {
      response.writeHead(301, { location: `${pathname}/${search}` }).end()
      return
    }
    file = join(file, 'index.html')
  } else if (path.endsWith('/')) {
    response.writeHead(404).end()
    return
  }
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) {
    response.writeHead(404).end()
    return
  }
  const type = types[extname(file)] ?? 'application/octet-stream'
  response.writeHead(200, { 'content-type': type, 'content-length': size })
  createReadStream(file).pipe(response)
}
