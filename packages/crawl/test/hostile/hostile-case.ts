import type { Socket } from 'node:net'

/** What is written to a socket, and how it goes on. */
export type Serve = (socket: Socket, path: string) => void

/** A server that means harm or does not know better, on a host of its own, and what is to become of it in the store. */
export interface HostileCase {
  /** The name of its host, and of its test. */
  readonly name: string
  /**
   * Every row of its host except for `robots.txt`, in the order of their URLs: `page STATUS PATH`, `error KIND CODE PATH`,
   * `skip REASON PATH`, with ` # note` where a page has one.
   */
  readonly outcome: readonly string[] | ((outcome: readonly string[]) => void)
  readonly serve: Serve
  /** Asked for /robots.txt; there is none when left out. */
  readonly robots?: Serve
  /** Addresses of its name, by how often it was asked for; the server's own when left out. */
  readonly address?: (times: number) => string | Error
}

/** Writes a whole answer and closes. */
export function answer(head: string, body: string | Uint8Array = ''): Serve {
  return (socket) => {
    socket.write(`HTTP/1.1 ${head}\r\nconnection: close\r\n`)
    socket.write(`content-length: ${Buffer.byteLength(body)}\r\n\r\n`)
    socket.end(body)
  }
}

/** Writes an HTML page and closes. */
export function html(body: string | Uint8Array, type = 'text/html'): Serve {
  return answer(`200 OK\r\ncontent-type: ${type}`, body)
}

/** Writes bytes as they are, and closes. */
export function raw(...parts: readonly (string | Uint8Array)[]): Serve {
  return (socket) => {
    for (const part of parts) socket.write(part)
    socket.end()
  }
}

/** Writes, then the same for ever, as fast as it is read or a piece at a time. */
export function endless(start: string, piece: string | Uint8Array, every?: number): Serve {
  return (socket) => {
    socket.write(start)
    const more = (): void => {
      if (socket.destroyed) return
      const room = socket.write(piece)
      if (every !== undefined) setTimeout(more, every)
      else if (room) setImmediate(more)
      else socket.once('drain', more)
    }
    more()
  }
}

/** Writes, and breaks the connection. */
export function reset(start: string | Uint8Array = ''): Serve {
  return (socket) => {
    if (start.length === 0) socket.resetAndDestroy()
    else socket.write(start, () => setTimeout(() => socket.resetAndDestroy(), 20))
  }
}

/** Writes, and then nothing, for ever. */
export function silent(start = ''): Serve {
  return (socket) => void socket.write(start)
}

/** One answer for some paths, another for the rest. */
export function byPath(table: Readonly<Record<string, Serve>>, rest: Serve): Serve {
  return (socket, path) => (table[path] ?? rest)(socket, path)
}

export function links(...hrefs: readonly string[]): string {
  return hrefs.map((href) => `<a href="${href}">x</a>`).join('')
}
