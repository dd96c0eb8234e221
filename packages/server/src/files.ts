import { createReadStream } from 'node:fs'
import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { isCancelled } from 'corral'
import { refuse, requireDuration, requireOptions } from 'corral/lowlevel'
import mime from 'mime'
import type { ApiRequest } from './api/api-request.ts'
import { HttpProblem } from './errors.ts'
import { byteRange } from './reply/byte-range.ts'
import { Reply } from './reply/reply.ts'

export interface FilesOptions {
  /** How long a client may cache a file without revalidating, in milliseconds. Default 0: it revalidates each time. */
  readonly maxAge?: number
  /** The file served for a folder; `false` for none. Default `index.html`. */
  readonly index?: string | false
}

/**
 * A handler for the files in a folder, for a route that ends in `/**:path`. It supports ETag, dates and ranges, streams
 * files, and serves nothing outside the folder, behind a link that leads out of it, or whose name starts with a dot.
 *
 * @throws HttpProblem 404 for a missing file, 416 for a range beyond the end
 * @example
 * app.get('/assets/**:path', files('./public', { maxAge: 3_600_000 }))
 */
export function files(
  root: string,
  options: FilesOptions = {},
): (context: { readonly request: ApiRequest }) => Promise<Reply> {
  if (typeof root !== 'string' || root === '') refuse('files: root', 'the path of a folder', root)
  requireOptions('files', options)
  const { maxAge = 0, index = 'index.html' } = options
  requireDuration('files: maxAge', maxAge)
  const control = maxAge === 0 ? 'no-cache' : `max-age=${Math.floor(maxAge / 1000)}`
  const folder = resolve(root)
  return async ({ request }) => {
    const found = await find(folder, request.params['path'] ?? '', index)
    if (found === undefined) throw new HttpProblem(404)
    return answer(request, found, control)
  }
}

interface Found {
  readonly path: string
  readonly stats: Stats
}

function isHidden(segment: string): boolean {
  return segment.startsWith('.') || /[\\\0]/.test(segment)
}

async function find(
  folder: string,
  name: string,
  index: string | false,
): Promise<Found | undefined> {
  const segments = name.split('/')
  // An encoded slash or backslash would name another folder than the one requested.
  if (segments.some(isHidden)) return undefined
  try {
    let path = join(folder, ...segments)
    let stats = await stat(path)
    if (stats.isDirectory() && index !== false) {
      path = join(path, index)
      stats = await stat(path)
    }
    if (!stats.isFile() || (name.endsWith('/') && index === false)) return undefined
    const [real, top] = [await realpath(path), await realpath(folder)]
    return real.startsWith(top + sep) ? { path: real, stats } : undefined
  } catch (error) {
    if (isCancelled(error)) throw error
    return undefined // missing or unreadable: the client learns no more
  }
}

function answer(request: ApiRequest, { path, stats }: Found, control: string): Reply {
  const { size, mtime } = stats
  const type = mime.getType(path) ?? 'application/octet-stream'
  const etag = `"${size.toString(36)}-${Math.trunc(stats.mtimeMs).toString(36)}"`
  const headers = {
    'content-type': /^text\/|json$|javascript$|xml$/.test(type) ? `${type}; charset=utf-8` : type,
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
    'last-modified': mtime.toUTCString(),
    'cache-control': control,
    etag,
  }
  if (isFresh(request, etag, mtime)) return new Reply(304, headers, undefined)
  const range = mayResume(request, etag, mtime)
    ? byteRange(one(request.headers['range']), size)
    : undefined
  if (range === 'unsatisfiable') {
    throw new HttpProblem(416, { headers: { 'content-range': `bytes */${size}` } })
  }
  const { start, end } = range ?? { start: 0, end: size - 1 }
  const length = end - start + 1
  const empty = length === 0 || request.method === 'HEAD'
  const part = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }
  return new Reply(
    range === undefined ? 200 : 206,
    { ...headers, ...part, 'content-length': length },
    // Opened when it is read: a response that is never sent leaves nothing open.
    empty ? nothing() : { [Symbol.asyncIterator]: () => pieces(path, start, end) },
  )
}

function pieces(path: string, start: number, end: number): AsyncIterator<Uint8Array> {
  return createReadStream(path, { start, end })[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** The client's copy is current. */
function isFresh({ headers }: ApiRequest, etag: string, modified: Date): boolean {
  const match = one(headers['if-none-match'])
  if (match !== undefined) {
    return match.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()))
  }
  return seconds(modified) <= Date.parse(one(headers['if-modified-since']) ?? '')
}

/** The client's partial copy is still current. */
function mayResume({ headers }: ApiRequest, etag: string, modified: Date): boolean {
  const condition = one(headers['if-range'])
  return (
    condition === undefined || condition === etag || seconds(modified) === Date.parse(condition)
  )
}

/** HTTP dates have no fractions. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(', ')
}
