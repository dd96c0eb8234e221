import type { ValueKind } from './value-kind.ts'

/** Something to read from every page. */
export interface Extraction {
  readonly name: string
  readonly selector: string
  /** An attribute instead of the text. */
  readonly attribute: string | undefined
  /** A list of all that match, instead of the first. */
  readonly all: boolean
}

/** `title=h1`, `image=img.hero@src`, `tags[]=.tag` */
export const extraction: ValueKind<Extraction> = {
  placeholder: '<name=css>',
  rule: 'a name and a CSS selector such as title=h1, image=img@src or tags[]=.tag',
  parse: (text) => {
    const match = /^(\w[\w-]*)(\[\])?=(.*?\S)(?:@([a-z][\w:-]*))?$/i.exec(text)
    if (match === null) return undefined
    const [, name = '', all, selector = '', attribute] = match
    return { name, selector, attribute, all: all !== undefined }
  },
}
