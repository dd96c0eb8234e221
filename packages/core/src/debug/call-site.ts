const library = new URL('..', import.meta.url).pathname

/** How many frames are looked at: ours may be many. */
const DEPTH = 30

/** What V8 tells of a frame. */
interface Frame {
  getFileName(): string | null
  getLineNumber(): number | null
  getColumnNumber(): number | null
  /** Where its function begins; other engines do not know. */
  getEnclosingLineNumber?(): number | null
  getEnclosingColumnNumber?(): number | null
}

/** Where a call into corral is made: to keep the frames costs little, to name them much, so that is done when asked for. */
export class CallSite {
  readonly #error: Error
  #read: readonly Frame[] | undefined

  constructor() {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = DEPTH
    this.#error = new Error('site')
    Error.stackTraceLimit = limit
  }

  /** The innermost place that is not ours, as `file:line:column`: outside of installed packages, if there is one. */
  get place(): string | undefined {
    const frames = this.#frames.filter(isUser)
    const frame = frames.find((each) => !isInstalled(each)) ?? frames[0]
    if (frame !== undefined) return placeOf(frame, this.#error)
    const lines = String(this.#error.stack).split('\n').slice(1)
    return inLine(lines.find((each) => !each.includes(library) && !each.includes('node:')))
  }

  /** Whether one of the functions that make this call, with none of ours between, is among those around the other one. */
  isMadeIn(other: CallSite): boolean {
    const frames = this.#frames
    const around = new Set(other.#frames.filter(isUser).map(functionOf))
    for (const frame of frames.slice(frames.findIndex(isUser))) {
      if (isOfNode(frame)) continue
      if (!isUser(frame)) return false // ours, or a combinator of the engine's
      const fn = functionOf(frame)
      if (fn !== undefined && around.has(fn)) return true
    }
    return false
  }

  get #frames(): readonly Frame[] {
    return (this.#read ??= framesOf(this.#error))
  }
}

function isUser(frame: Frame): boolean {
  const file = frame.getFileName()
  return file !== null && !file.includes(library) && !isOfNode(frame)
}

/** Its user did not write it, and looks for the call of it. */
function isInstalled(frame: Frame): boolean {
  return frame.getFileName()?.includes('/node_modules/') === true
}

function isOfNode(frame: Frame): boolean {
  return frame.getFileName()?.startsWith('node:') === true
}

/** The same for all calls of one function; undefined for the top of a module. */
function functionOf(frame: Frame): string | undefined {
  const line = frame.getEnclosingLineNumber?.() ?? undefined
  const column = frame.getEnclosingColumnNumber?.() ?? undefined
  if (line === undefined || (line === 1 && column === 1)) return undefined
  return `${frame.getFileName()}:${line}:${column}`
}

function inLine(line = ''): string | undefined {
  return /\(?(\S+:\d+:\d+)\)?$/.exec(line)?.[1]
}

/** To find a place in the file that was written takes long; many calls are made at the same one. */
const written = new Map<string, string | undefined>()

function placeOf(frame: Frame, error: Error): string | undefined {
  const place = `${frame.getFileName()}:${frame.getLineNumber()}:${frame.getColumnNumber()}`
  const { prepareStackTrace } = Error
  if (prepareStackTrace === undefined) return place
  if (!written.has(place)) {
    const text = String(prepareStackTrace(error, [frame as never]))
    written.set(place, inLine(text.split('\n').at(-1)))
  }
  return written.get(place)
}

type Host = { process?: { sourceMapsEnabled?: boolean } }

/** None where the engine maps them to other files by itself: it does so in the text only, which it makes once. */
function framesOf(error: Error): readonly Frame[] {
  const before = Error.prepareStackTrace
  if (before === undefined && (globalThis as Host).process?.sourceMapsEnabled === true) return []
  let frames: readonly Frame[] = []
  Error.prepareStackTrace = (_, found) => {
    frames = found
    return ''
  }
  void error.stack
  if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace')
  else Error.prepareStackTrace = before
  return frames
}
