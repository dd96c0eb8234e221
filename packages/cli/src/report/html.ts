/** A piece of HTML that is safe to be put into another. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What can be put into HTML: texts are escaped, wherever they come from; pieces of HTML are not. */
export type HtmlValue = string | number | Html | readonly Html[]

/**
 * HTML as a template: everything put in is escaped, for text and for attributes in double quotes.
 *
 * @example
 * html`<td title="${url}">${title}</td>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) text += textOf(value) + (strings[index + 1] ?? '')
  return new Html(text)
}

function textOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return escaped(String(value))
}

function escaped(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
      // Characters that turn the direction of what follows would let a URL look like another one.
      .replaceAll(/[\p{Cc}\p{Cf}]/gu, (letter) => (letter === '\n' ? letter : '\uFFFD'))
  )
}
