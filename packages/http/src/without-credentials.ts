/**
 * A text that was given as a URL, with `***` in place of user and password: for messages. It need not be a URL: all that
 * could be meant as a password is left out.
 *
 * @example
 * withoutCredentials('http://user:pw@a.test/') // 'http://***@a.test/'
 */
export function withoutCredentials(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return text.replace(/^([a-z][\w+.-]*:\/\/|\/\/)?.*@/is, '$1***@')
  }
  if (url.username === '' && url.password === '') return text
  return text.replace(/^(\s*[a-z][\w+.-]*:[/\\]*)[^/\\?#]*@/i, '$1***@')
}
