import type { IncomingMessage } from 'node:http'

/** Characters that a page may send. */
const mostText = 1_000_000

/**
 * Reads the body of a request as JSON.
 *
 * @throws SyntaxError when it is none, RangeError when it is too long
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) {
    text += part as string
    if (text.length > mostText) throw new RangeError(`a call may have ${mostText} characters`)
  }
  return JSON.parse(text)
}
