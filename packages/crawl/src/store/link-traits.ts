/** Kinds of links in the store; their places are their numbers there, so new ones go last. */
export const linkKinds: readonly string[] = [
  'anchor',
  'area',
  'frame',
  'refresh',
  'canonical',
  'sitemap',
  'listed',
  'followed',
]

/** What is kept of a link, as one number. */
export function linkTraits(kind: string, nofollow: boolean): number {
  const code = linkKinds.indexOf(kind)
  if (code === -1) throw new TypeError(`link kind ${JSON.stringify(kind)} is not known`)
  return code * 2 + Number(nofollow)
}

/** A link to a row and what is to be kept of it, as the one number that the insert statement takes apart. */
export function packedLink(toId: number, kind: string, nofollow: boolean): number {
  return toId * 16 + linkTraits(kind, nofollow)
}
