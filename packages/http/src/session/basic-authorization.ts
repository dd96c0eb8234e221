/**
 * What a client sends as Authorization for the user and password of a URL [RFC 7617]; undefined when it has none.
 *
 * @example
 * basicAuthorization(new URL('http://user:pw@a.test/')) // 'Basic dXNlcjpwdw=='
 */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const bytes = [percentDecoded(username), Buffer.from(':'), percentDecoded(password)]
  return `Basic ${Buffer.concat(bytes).toString('base64')}`
}

/** Byte by byte: what is no UTF-8 and what is no escape is sent as it is, as browsers do [WHATWG URL 1.3]. */
function percentDecoded(text: string): Buffer {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  // A URL has escaped all that is beyond ASCII: one letter is one byte.
  return Buffer.from(bytes, 'latin1')
}
