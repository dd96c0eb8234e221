import { readFile } from 'node:fs/promises'
import { cancellable, MisuseError, now } from 'corral'
import { Cookie } from 'tough-cookie'

/** A cookie of a file, and a URL that it is sent to. */
export interface FileCookie {
  readonly cookie: Cookie
  readonly url: string
}

/**
 * Reads a file of cookies in the format of Netscape, as browsers' extensions, curl and wget write it: seven fields a line, with
 * tabs between them. Those whose time is over are left out.
 *
 * @throws MisuseError for a file that cannot be read, and for a line that is no cookie; no message has a value
 */
export async function readCookieFile(file: string): Promise<FileCookie[]> {
  let text: string
  try {
    text = await cancellable(readFile(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new MisuseError(`crawl: cookieFile ${file} cannot be read (${code}); name a file`)
  }
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line, index) => cookieOf(line.replace(/\r$/, ''), index + 1, file))
}

function cookieOf(text: string, number: number, file: string): FileCookie[] {
  const httpOnly = text.startsWith('#HttpOnly_')
  const line = httpOnly ? text.slice('#HttpOnly_'.length) : text
  if (line.trim() === '' || line.startsWith('#')) return []
  const [host = '', below, path = '', secure, expires = '', key = '', value = ''] = line.split('\t')
  const isRight = /^(TRUE|FALSE)$/i
  const domain = host.replace(/^\./, '').toLowerCase()
  const url = URL.parse(`${isTrue(secure) ? 'https' : 'http'}://${domain}${path}`)
  if (
    url === null ||
    !path.startsWith('/') ||
    !isRight.test(below ?? '') ||
    !isRight.test(secure ?? '') ||
    !/^\d+(\.\d+)?$/.test(expires) ||
    key === ''
  ) {
    throw new MisuseError(
      `crawl: cookieFile: line ${number} of ${file} must be domain, TRUE or FALSE, path, TRUE or FALSE, seconds since 1970, name and value, with tabs between them`,
    )
  }
  // 0 is a cookie of a session, which is this crawl.
  const expiry = Number(expires) === 0 ? Infinity : Number(expires) * 1000
  if (expiry <= now()) return []
  const cookie = new Cookie({
    key,
    value,
    path,
    secure: isTrue(secure),
    httpOnly,
    expires: expiry === Infinity ? 'Infinity' : new Date(expiry),
    // One that is for its host alone has no domain.
    ...(isTrue(below) ? { domain } : {}),
  })
  return [{ cookie, url: url.href }]
}

function isTrue(text: string | undefined): boolean {
  return text?.toUpperCase() === 'TRUE'
}
