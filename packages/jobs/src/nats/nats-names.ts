/** A name as one token of a subject, which may be a consumer's name too. */
export function tokenOf(name: string): string {
  return encodeURIComponent(name).replace(/[.*]/g, (letter) => (letter === '.' ? '%2E' : '%2A'))
}
