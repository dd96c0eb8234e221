const library = new URL('..', import.meta.url).pathname

/** How many frames are looked at: ours may be many. */
const DEPTH = 30

/** What V8 tells of a frame. */
interface Frame {
  getFileName(): string | null
  /** Where its function begins; other engines do not know. */
  getEnclosingLineNumber?(): number | null
  getEnclosingColumnNumber?(): number | null
}

interface Stack {
  readonly text: string
  /** None where the engine maps them to other sources by itself. */
  readonly frames: readonly Frame[]
}

/** Where a call into corral is made: to keep the frames costs little, to name them much, so that is done when asked for. */
export class CallSite {
  readonly #error: Error
  #read: Stack | undefined

  constructor() {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = DEPTH
    this.#error = new Error('site')
    Error.stackTraceLimit = limit
  }

  /** The innermost place that is not ours, as `file:line:column`. */
  get place(): string | undefined {
    const lines = this.#stack.text.split('\n').slice(1)
    const line = lines.find((each) => !each.includes(library) && !each.includes('node:'))
    return /\(?(\S+:\d+:\d+)\)?$/.exec(line ?? '')?.[1]
  }

  /** Whether one of the functions that make this call, with none of ours between, is among those around the other one. */
  isMadeIn(other: CallSite): boolean {
    const frames = this.#stack.frames
    const around = new Set(other.#stack.frames.filter(isUser).map(functionOf))
    for (const frame of frames.slice(frames.findIndex(isUser))) {
      if (isOfNode(frame)) continue
      if (!isUser(frame)) return false // ours, or a combinator of the engine's
      const fn = functionOf(frame)
      if (fn !== undefined && around.has(fn)) return true
    }
    return false
  }

  get #stack(): Stack {
    return (this.#read ??= read(this.#error))
  }
}

function isUser(frame: Frame): boolean {
  const file = frame.getFileName()
  return file !== null && !file.includes(library) && !isOfNode(frame)
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

type Host = { process?: { sourceMapsEnabled?: boolean } }

/** An engine formats a stack once. */
function read(error: Error): Stack {
  const before = Error.prepareStackTrace
  const mapped = (globalThis as Host).process?.sourceMapsEnabled === true
  if (before === undefined && mapped) return { text: String(error.stack), frames: [] }
  let frames: readonly Frame[] = []
  Error.prepareStackTrace = (_, found) => {
    frames = found
    return before?.(error, found) ?? ['', ...found].join('\n    at ')
  }
  const text = String(error.stack)
  if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace')
  else Error.prepareStackTrace = before
  return { text, frames }
}
