/**
 * A URL as it may be shown: `***` in place of user and password. What is none has all left out that could be meant as a
 * password.
 */
export function withoutCredentials(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return text.replace(/^([a-z][\w+.-]*:\/\/|\/\/)?.*@/is, '$1***@')
  }
  if (url.username === '' && url.password === '') return text
  return text.replace(/^(\s*[a-z][\w+.-]*:[/\\]*)[^/\\?#]*@/i, '$1***@')
}

/** A text that may have URLs in it, such as an error about a word of the command line, without their users and passwords. */
export function hideCredentials(text: string): string {
  return text.replace(/\b((?:https?|postgres(?:ql)?):[/\\]+)[^\s/\\?#]*@/gi, '$1***@')
}

/** A header as it may be shown: with its value when that is known to be no secret. */
export function withoutValue(field: string): string {
  const [name = ''] = field.split(':', 1)
  if (/^(accept(-\w+)?|user-agent|from|referer|cache-control|pragma|dnt)$/i.test(name)) return field
  return field.includes(':') ? `${name}: ***` : '***'
}

/** The words of a command as they may be shown. */
export function wordsWithoutSecrets(words: readonly string[]): string[] {
  return words.map((word, index) => {
    if (words[index - 1] === '--header') return withoutValue(word)
    const [, flag = '', value = word] = /^(--[\w-]+=)(.*)$/s.exec(word) ?? []
    if (flag === '--header=') return `${flag}${withoutValue(value)}`
    return /^(https?|postgres(ql)?):/i.test(value) ? `${flag}${withoutCredentials(value)}` : word
  })
}
