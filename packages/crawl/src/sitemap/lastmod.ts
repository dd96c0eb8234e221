const day = 24 * 60 * 60 * 1000

/**
 * Reads a `lastmod`: a W3C date or time. A date alone stands for the end of that day, since a change may have come as late
 * as that. Gives milliseconds since the epoch; `undefined` for what is none.
 *
 * @see https://www.w3.org/TR/NOTE-datetime
 */
export function parseLastmod(value: string): number | undefined {
  const text = value.trim()
  const match = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text)
  if (match === null) return undefined
  const [, time, , , zone] = match
  if (time === undefined) return valid(Date.parse(text) + day - 1)
  // Without a zone it would be taken for the time of this machine.
  return valid(Date.parse(zone === undefined ? `${text}Z` : text))
}

function valid(at: number): number | undefined {
  return Number.isNaN(at) ? undefined : at
}
