const library = new URL('..', import.meta.url).pathname

/** Where the running call into corral was made: the innermost frame that is not ours. */
export function callSite(): string | undefined {
  const frames = new Error('site').stack?.split('\n').slice(1) ?? []
  const frame = frames.find((line) => !line.includes(library) && !line.includes('node:'))
  return /\(?(\S+:\d+:\d+)\)?$/.exec(frame ?? '')?.[1]
}
