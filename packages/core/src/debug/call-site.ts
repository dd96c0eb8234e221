const library = new URL('..', import.meta.url).pathname

/** How many frames are looked at: ours may be many. */
const DEPTH = 30

/** Where a call into corral is being made, to be asked for later: to keep the frames costs little, to name them much. */
export function callSite(): () => string | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = DEPTH
  const error = new Error('site')
  Error.stackTraceLimit = limit
  return () => userFrameOf(error.stack)
}

/** The innermost frame that is not ours. */
function userFrameOf(stack: unknown): string | undefined {
  if (typeof stack !== 'string') return undefined // a program may have stacks of another form
  const frames = stack.split('\n').slice(1)
  const frame = frames.find((line) => !line.includes(library) && !line.includes('node:'))
  return /\(?(\S+:\d+:\d+)\)?$/.exec(frame ?? '')?.[1]
}
