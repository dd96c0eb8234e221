/** A sort of value that an option takes. */
export interface ValueKind<T> {
  /** How the value is called in the help. */
  readonly placeholder: string
  /** What is right, to follow "must be". */
  readonly rule: string
  /** `undefined` for what is not right. */
  parse(text: string): T | undefined
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

/** A file to export to. */
export const exportFile: ValueKind<string> = {
  placeholder: '<file>',
  rule: 'a file name that ends in .jsonl or .csv',
  parse: (text) => (/[^/\\]\.(jsonl|csv)$/.test(text) ? text : undefined),
}

/** What can be the value of an HTTP header. */
export const headerText: ValueKind<string> = {
  placeholder: '<text>',
  rule: 'printable ASCII, not empty',
  parse: (text) => (/^[\x21-\x7e][\x20-\x7e]*$/.test(text) ? text : undefined),
}

function measured(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text)
  const unit = units[match?.[2]?.toLowerCase() ?? '?']
  return unit === undefined ? undefined : Number(match?.[1]) * unit
}
