import { readFileSync } from 'node:fs'
import { checkedValue } from './checked-value.ts'
import { closestWord } from './closest-word.ts'
import type { AnyOption } from './option.ts'
import { UsageError } from './usage-error.ts'

/** The file that is read where it is there and no other is named. */
export const defaultConfigFile = 'corral.config.json'

/**
 * A config file: one JSON object whose keys are the names of options as JavaScript would write them, `maxPages` for
 * `--max-pages`, and `urls`. What it says is checked when it is read; the values as far as a command has the option.
 */
export class ConfigFile {
  readonly #name: string
  readonly #settings: Readonly<Record<string, unknown>>

  /**
   * @param named by the user: then it must be there
   * @param known keys that it may have
   * @throws UsageError naming the file and the key
   */
  static read(named: string | undefined, known: readonly string[]): ConfigFile {
    const name = named ?? defaultConfigFile
    let text: string
    try {
      text = readFileSync(name, 'utf8')
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (named === undefined && code === 'ENOENT') return new ConfigFile(name, {})
      const reason = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`
      throw new UsageError(`config ${name} ${reason}; name a file of JSON`)
    }
    const settings = parsed(name, text)
    for (const key of Object.keys(settings)) {
      if (!known.includes(key) && key !== '$schema') throw unknownKey(name, key, known)
    }
    return new ConfigFile(name, settings)
  }

  private constructor(name: string, settings: Readonly<Record<string, unknown>>) {
    this.#name = name
    this.#settings = settings
  }

  /** The values of those options that it has. */
  values(entries: readonly (readonly [name: string, option: AnyOption])[]): Map<string, unknown> {
    const values = new Map<string, unknown>()
    for (const [name, option] of entries) {
      if (!Object.hasOwn(this.#settings, name) || option.flagOnly !== undefined) continue
      values.set(name, valueOf(`${this.#name}: ${name}`, option, this.#settings[name]))
    }
    return values
  }

  /** The URLs to start from. */
  urls(): readonly string[] {
    const { urls = [] } = this.#settings
    const list = Array.isArray(urls) ? (urls as unknown[]) : [urls]
    return list.map((url) => {
      if (typeof url === 'string') return url
      throw mustBe(`${this.#name}: urls`, 'a list of URLs', url, true)
    })
  }
}

function parsed(name: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    // A byte order mark is no JSON, yet some editors write one.
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const reason = error instanceof Error ? withoutSource(error.message) : ''
    throw new UsageError(`config ${name} is no JSON: ${reason}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw mustBe(`config ${name}`, 'one JSON object', value)
  }
  return value as Record<string, unknown>
}

function valueOf(subject: string, option: AnyOption, value: unknown): unknown {
  const { takes, multiple, alone } = option
  if (takes === undefined) {
    if (typeof value === 'boolean') return value
    throw mustBe(subject, 'true or false', value)
  }
  if (alone !== undefined && value === true) return takes.parse(alone)
  const read = (item: unknown): unknown => {
    if (takes.fromJson !== undefined) {
      const own = takes.fromJson(item)
      if (own !== undefined) return own
      throw mustBe(subject, takes.rule, item)
    }
    if (typeof item === 'string') return checkedValue(subject, item, takes)
    const found = typeof item === 'number' ? takes.parse(String(item)) : undefined
    if (found !== undefined) return found
    throw mustBe(subject, takes.rule, item, takes.shown !== undefined)
  }
  if (multiple !== true) return read(value)
  return Array.isArray(value) ? value.map(read) : [read(value)]
}

function mustBe(subject: string, rule: string, value: unknown, isSecret = false): UsageError {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const shown = isSecret && typeof value === 'object' ? '***' : JSON.stringify(value).slice(0, 60)
  return new UsageError(`${subject} must be ${rule}, got ${shown} (${kind})`)
}

function unknownKey(name: string, key: string, known: readonly string[]): UsageError {
  const meant = closestWord(key, known)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return new UsageError(`${name}: ${key} is not known${hint}`)
}

/** What is wrong and where; not the text around it, which may be a secret. */
function withoutSource(message: string): string {
  return message.replaceAll('\n', ' ').replace(/,? *(\.\.\.)?".*"(\.\.\.)? (?=is not valid)/s, ' ')
}
