/**
 * The parameters that a path names, such as `{ id: string }` of `/users/:id`; of a path that is not known to the
 * compiler, or has patterns of other kinds, any.
 */
export type PathParams<Path extends string> = {
  readonly [Name in string extends Path ? string : NamesIn<Path>]: string
}

type NamesIn<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? NameIn<Segment> | NamesIn<Rest>
  : NameIn<Path>

type NameIn<Segment extends string> = Segment extends `:${infer Name}` | `**:${infer Name}`
  ? Name extends `${string}${Special}${string}`
    ? string
    : Name
  : Segment extends `${string}${Special}${string}`
    ? string
    : never

/** What makes a segment more than a name: an optional one, a pattern, two in one segment. */
type Special = ':' | '*' | '?' | '+' | '(' | '{' | '.' | '-'
