import type { ValueKind } from './value-kind.ts'

/** An option of a command: what it takes, and what the help says about it. */
export type Option<T> = {
  /** One letter that does the same. */
  readonly short?: string
  /** One line of the help. */
  readonly help: string
  /** What it is about: the heading of the full help. */
  readonly group?: string
  /** Whether the short help has it; of a table without any it has all. */
  readonly essential?: true
  /** Only the command line has it: not the environment, no file. */
  readonly flagOnly?: true
} & OptionValue<T>

type OptionValue<T> = [T] extends [boolean]
  ? {
      /** On, unless `--no-` in front of its name turns it off. */
      readonly on?: true
      readonly takes?: never
      readonly multiple?: never
      readonly initial?: never
      readonly alone?: never
    }
  : [T] extends [readonly (infer Item)[]]
    ? {
        readonly on?: never
        readonly takes: ValueKind<Item>
        readonly multiple: true
        readonly initial?: never
        readonly alone?: never
      }
    : {
        readonly on?: never
        readonly takes: ValueKind<Exclude<T, undefined>>
        readonly multiple?: never
        /** The value when the option is left out, as it would be typed. */
        readonly initial?: undefined extends T ? never : string
        /** The value when it is given without one, as it would be typed. */
        readonly alone?: string
      }

/** The options of a command by name, `maxPages` being `--max-pages`: everything that is known about them, once. */
export type OptionTable<Values> = { readonly [Name in keyof Values]-?: Option<Values[Name]> }

/** An option as the code that goes through a table sees it. */
export interface AnyOption {
  readonly short?: string
  readonly help: string
  readonly group?: string
  readonly essential?: true
  readonly flagOnly?: true
  readonly on?: true
  readonly takes?: ValueKind<unknown>
  readonly multiple?: boolean
  readonly initial?: string
  readonly alone?: string
}

/** `maxPages` as it is typed: `max-pages`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** What is typed to change an option from what it is: `no-` in front of one that is on. */
export function changeName(name: string, { on }: AnyOption): string {
  return on === true ? `no-${flagName(name)}` : flagName(name)
}

/** `maxPages` as the environment has it: `CORRAL_MAX_PAGES`. */
export function variableName(name: string): string {
  return `CORRAL_${flagName(name).replaceAll('-', '_').toUpperCase()}`
}

/** An option as the help shows it: `-q, --quiet`, `--depth <n>`, `--dashboard[=<port>]`. */
export function flagOf(name: string, option: AnyOption): string {
  const { short, takes, alone } = option
  const value = alone === undefined ? ` ${takes?.placeholder}` : `[=${takes?.placeholder}]`
  const long = `--${changeName(name, option)}${takes === undefined ? '' : value}`
  return short === undefined ? long : `-${short}, ${long}`
}

/** The entries of a table, as far as parsing and the help need them. */
export function entriesOf<Values>(table: OptionTable<Values>): [name: string, option: AnyOption][] {
  return Object.entries<AnyOption>(table as Readonly<Record<string, AnyOption>>)
}
