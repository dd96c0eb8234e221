import { withoutCredentials, withoutValue } from '../format/without-secrets.ts'

/** A sort of value that an option takes. */
export interface ValueKind<T> {
  /** How the value is called in the help. */
  readonly placeholder: string
  /** What is right, to follow "must be". */
  readonly rule: string
  /** All that it can be, or that it is a file: what a shell offers to complete. */
  readonly offers?: readonly string[] | 'file'
  /** The text as it may be shown, where it may have a secret in it. */
  shown?(text: string): string
  /** `undefined` for what is not right. */
  parse(text: string): T | undefined
  /** The same for a value of a config file, where that may be more than a text or a number. */
  fromJson?(value: unknown): T | undefined
}

/** A whole number. */
export function count(min: number, max: number = Number.MAX_SAFE_INTEGER): ValueKind<number> {
  const upTo = max === Number.MAX_SAFE_INTEGER ? 'upwards' : `to ${max}`
  return {
    placeholder: '<n>',
    rule: `a whole number from ${min} ${upTo}`,
    parse: (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

/** A port to listen on; 0 for whichever suits. */
export const port: ValueKind<number> = { ...count(0, 65_535), placeholder: '<port>' }

const milliseconds: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** A time, in milliseconds; as text with a unit, or milliseconds. */
export function duration(min = 0): ValueKind<number> {
  return {
    placeholder: '<time>',
    rule: `a time such as 500ms, 2s or 1m${min > 0 ? `, at least ${min}ms` : ''}`,
    parse: (text) => {
      const value = measured(text, milliseconds)
      return value !== undefined && value >= min ? value : undefined
    },
  }
}

const bytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1024,
  k: 1024,
  mb: 1024 ** 2,
  m: 1024 ** 2,
  gb: 1024 ** 3,
  g: 1024 ** 3,
}

/** A size, in bytes; as text with a unit, or bytes. */
export function size(): ValueKind<number> {
  return {
    placeholder: '<size>',
    rule: 'a size such as 500kb or 10mb, at least 1 byte',
    parse: (text) => {
      const value = measured(text, bytes)
      return value !== undefined && value >= 1 ? Math.floor(value) : undefined
    },
  }
}

/** One of a few words. */
export function choice<T extends string>(words: readonly T[]): ValueKind<T> {
  return {
    placeholder: words.join('|'),
    offers: words,
    rule:
      words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    parse: (text) => words.find((word) => word === text),
  }
}

/** A regular expression. */
export function pattern(): ValueKind<RegExp> {
  return {
    placeholder: '<regex>',
    rule: 'a regular expression',
    parse: (text) => {
      try {
        return new RegExp(text, 'u')
      } catch {
        return undefined
      }
    },
  }
}

/** A text that is not empty and stays on one line. */
export function line(placeholder: string): ValueKind<string> {
  return {
    placeholder,
    rule: 'a text of one line, not empty',
    parse: (text) => (text.trim() === '' || /[\0\r\n]/.test(text) ? undefined : text),
  }
}

/** A file, by its name; its endings if only some will do. */
export function file(...endings: readonly string[]): ValueKind<string> {
  const { parse } = line('<file>')
  const [last, ...others] = endings.toReversed()
  const named = [others.toReversed().join(', '), last].filter((text) => text !== '').join(' or ')
  return {
    placeholder: '<file>',
    offers: 'file',
    rule: endings.length === 0 ? 'a file name' : `a file name that ends in ${named}`,
    parse: (text) => {
      // Nothing but an ending is no name.
      const named = /[^/\\]\.\w+$/.test(text) && endings.some((ending) => text.endsWith(ending))
      return endings.length === 0 || named ? parse(text) : undefined
    },
  }
}

/** The store of a crawl: a file, or the URL of a database. */
export const store: ValueKind<string> = {
  ...line('<store>'),
  offers: 'file',
  rule: 'a file name, or the URL of a database such as postgres://user@host/name',
  shown: withoutCredentials,
}

/** A directory, by its name. */
export const directory: ValueKind<string> = { ...file(), placeholder: '<dir>', rule: 'a directory' }

/** A file to export to. */
export const exportFile: ValueKind<string> = file('.jsonl', '.csv')

/** A file for a report. */
export const reportFile: ValueKind<string> = file('.html')

/** What can be the value of an HTTP header. */
export const headerText: ValueKind<string> = {
  placeholder: '<text>',
  rule: 'printable ASCII, not empty',
  parse: (text) => (/^[\x21-\x7e][\x20-\x7e]*$/.test(text) ? text : undefined),
}

/** The URL of something on the web. */
export const url: ValueKind<string> = {
  placeholder: '<url>',
  rule: 'an http or https URL',
  shown: withoutCredentials,
  parse: (text) => (/^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined),
}

/** The URL of a proxy. */
export const proxyUrl: ValueKind<string> = {
  ...url,
  rule: 'an http, https or socks5 URL',
  parse: (text) =>
    /^(https?|socks5?h?):$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined,
}

/** A header of a request: name and value. */
export const headerField: ValueKind<readonly [name: string, value: string]> = {
  placeholder: '<name:value>',
  rule: 'a header such as "Accept-Language: en"',
  shown: withoutValue,
  parse: (text) => {
    const match = /^([\w!#$%&'*+.^`|~-]+):\s*([\x20-\x7e]*)$/.exec(text)
    return match === null ? undefined : [match[1] ?? '', (match[2] ?? '').trim()]
  },
}

/** A number, such as 0.5. */
export function fraction(min: number, max: number): ValueKind<number> {
  return {
    placeholder: '<x>',
    rule: `a number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

function measured(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text)
  const unit = units[match?.[2]?.toLowerCase() ?? '?']
  return unit === undefined ? undefined : Number(match?.[1]) * unit
}
