/**
 * The Content-Type that counts when there are several, as an application and its proxy set them [Fetch 2.2.2, extract a MIME
 * type]: the last one that is one, with the charset of one before it of the same type.
 *
 * @param header values joined by commas
 * @returns undefined when none is one
 */
export function extractMimeType(header: string | undefined): string | undefined {
  let type: string | undefined
  let charset: string | undefined
  for (const [value] of header?.matchAll(/(?:"(?:\\.|[^"\\])*"|[^,"])+|"/g) ?? []) {
    const [, essence] = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(?:;|$)/.exec(value) ?? []
    if (essence === undefined) continue
    const own = /;\s*charset\s*=\s*("[^"]*"|[^\s;]*)/i.exec(value)?.[1]
    if (essence.toLowerCase() !== type?.toLowerCase()) charset = undefined
    type = essence
    charset = own ?? charset
  }
  if (type === undefined) return header
  return charset === undefined ? type : `${type}; charset=${charset}`
}

export function isHtml(contentType: string | undefined): boolean {
  const type = essenceOf(contentType)
  return type === 'text/html' || type === 'application/xhtml+xml'
}

/** Whether nothing is said: no type, what is none, or one that stands for any; then the body tells [mimesniff 7]. */
export function saysNothing(contentType: string | undefined): boolean {
  const type = essenceOf(contentType)
  return (
    !/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) || /^(unknown|application)\/unknown$/.test(type)
  )
}

function essenceOf(contentType = ''): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
