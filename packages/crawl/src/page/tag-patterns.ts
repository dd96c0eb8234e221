/** The tags that are told, and which of their attributes. */
export type WantedTags = ReadonlyMap<string, ReadonlySet<string>>

/** White space as HTML has it; that of regular expressions is more. */
const blank = '\\t\\n\\f\\r '

/** Elements whose content is text up to their end tag, whatever it looks like; each with the pattern of that end. */
export const rawEnds: ReadonlyMap<string, RegExp> = new Map(
  ['title', 'textarea', 'script', 'style', 'xmp', 'iframe', 'noembed', 'noframes', 'plaintext'].map(
    (name) => [name, new RegExp(`</${name}(?=[${blank}/>])`, 'gi')],
  ),
)

const patterns = new WeakMap<WantedTags, RegExp>()

/**
 * Finds the next `<` that has to be looked at: of anything but an end tag, or a start tag that nobody asks for and that is
 * whole and written as usual. Each of those is looked at once, and no further than to the next `<`: linear in time.
 */
export function notableTags(wanted: WantedTags): RegExp {
  let pattern = patterns.get(wanted)
  if (pattern === undefined) {
    const names = [...wanted.keys(), ...rawEnds.keys(), 'svg', 'math', 'template'].join('|')
    const name = `[a-z][^${blank}/<>"'=]*`
    const value = `"[^"<]*"|'[^'<]*'|[^${blank}"'<>=]+`
    const attributes = `(?:[${blank}]+[^${blank}/<>"'=]+(?:=(?:${value}))?){0,20}`
    const start = `(?!(?:${names})[${blank}/>])${name}${attributes}[${blank}]*/?>`
    patterns.set(wanted, (pattern = new RegExp(`<(?!/${name}[${blank}]*>|${start})`, 'gi')))
  }
  return pattern
}

/** Start tags that end SVG and MathML wherever they stand [HTML 13.2.6.5]. */
export const leavesForeign: ReadonlySet<string> = new Set(
  (
    'b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu ' +
    'meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var'
  ).split(' '),
)
