/**
 * Every error of corral. `code` is part of the API: it stays when a message changes.
 *
 * @see docs/errors.md, one anchor per code
 */
export class CorralError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'CorralError'
  }
}

/**
 * Thrown by every wait inside a cancelled scope until that scope is left. Let it pass: the scope that was
 * cancelled absorbs it. Its stack shows where the victim waited, `reason` (and `cause`) say why.
 */
export class Cancelled extends CorralError {
  declare readonly code: 'CANCELLED'
  readonly reason: unknown

  constructor(reason?: unknown) {
    super(
      'CANCELLED',
      `cancelled${because(reason)}`,
      reason === undefined ? undefined : { cause: reason },
    )
    this.reason = reason
  }

  static {
    this.prototype.name = 'AbortError'
  }
}

/** The awaited task or future was cancelled; the task that awaits it was not. */
export class TaskCancelledError extends CorralError {
  declare readonly code: 'TASK_CANCELLED'
  readonly reason: unknown

  constructor(name: string, reason?: unknown) {
    super(
      'TASK_CANCELLED',
      `task ${name} was cancelled${because(reason)}`,
      reason === undefined ? undefined : { cause: reason },
    )
    this.reason = reason
  }

  static {
    this.prototype.name = 'TaskCancelledError'
  }
}

/** The time given ran out. Thrown only after the work has really ended; never a kind of `Cancelled`. */
export class TimeoutError extends CorralError {
  declare readonly code: 'TIMEOUT'
  /** The time that was given, in milliseconds. */
  readonly ms: number

  constructor(ms: number, options?: ErrorOptions) {
    super('TIMEOUT', `timed out after ${Math.round(ms * 1000) / 1000} ms`, options)
    this.ms = ms
  }

  static {
    this.prototype.name = 'TimeoutError'
  }
}

/** It was closed, by us: a queue, a channel end, a semaphore, a pool. */
export class ClosedError extends CorralError {
  declare readonly code: 'CLOSED'

  constructor(message: string, options?: ErrorOptions) {
    super('CLOSED', message, options)
  }

  static {
    this.prototype.name = 'ClosedError'
  }
}

/** It was broken, by the other side: a barrier aborted, a lock whose owner ended, a receiver gone. */
export class BrokenError extends CorralError {
  declare readonly code: 'BROKEN'

  constructor(message: string, options?: ErrorOptions) {
    super('BROKEN', message, options)
  }

  static {
    this.prototype.name = 'BrokenError'
  }
}

/** It is in use, and the call does not wait. */
export class BusyError extends CorralError {
  declare readonly code: 'BUSY'

  constructor(message: string, options?: ErrorOptions) {
    super('BUSY', message, options)
  }

  static {
    this.prototype.name = 'BusyError'
  }
}

/** There is no room, and the call does not wait. */
export class FullError extends CorralError {
  declare readonly code: 'FULL'

  constructor(message: string, options?: ErrorOptions) {
    super('FULL', message, options)
  }

  static {
    this.prototype.name = 'FullError'
  }
}

/** A slow receiver of a broadcast missed items; the next receive continues with the oldest one kept. */
export class LaggedError extends CorralError {
  declare readonly code: 'LAGGED'
  /** How many items were missed. */
  readonly missed: number

  constructor(missed: number) {
    super(
      'LAGGED',
      `Receiver.receive: ${missed} items were missed; receive again to go on with the oldest kept`,
    )
    this.missed = missed
  }

  static {
    this.prototype.name = 'LaggedError'
  }
}

/** The call is wrong, whatever happens at run time: fix the program. */
export class MisuseError extends CorralError {
  declare readonly code: 'MISUSE'

  constructor(message: string, options?: ErrorOptions) {
    super('MISUSE', message, options)
  }

  static {
    this.prototype.name = 'MisuseError'
  }
}

/** A rule of corral itself was broken: a bug of ours, please report it. */
export class InternalError extends CorralError {
  declare readonly code: 'INTERNAL'

  constructor(message: string, options?: ErrorOptions) {
    super('INTERNAL', message, options)
  }

  static {
    this.prototype.name = 'InternalError'
  }
}

/** The circuit breaker is open: the call was not made. */
export class CircuitOpenError extends CorralError {
  declare readonly code: 'CIRCUIT_OPEN'
  /** Milliseconds until the breaker lets a trial call through. */
  readonly retryAfter: number

  constructor(retryAfter: number) {
    super(
      'CIRCUIT_OPEN',
      `CircuitBreaker.use: the circuit is open; try again in ${Math.ceil(retryAfter)} ms`,
    )
    this.retryAfter = retryAfter
  }

  static {
    this.prototype.name = 'CircuitOpenError'
  }
}

/**
 * Whether `error` is the cancellation of a scope, which must be allowed through; also inside the
 * SuppressedError that the engine makes when a disposer of `using` was cancelled too.
 */
export function isCancelled(error: unknown): error is Cancelled {
  return eachPart(error, (part) => part instanceof Cancelled)
}

/** Whether the error is such, or all that the engine made a SuppressedError of. */
export function eachPart(error: unknown, is: (part: unknown) => boolean): boolean {
  try {
    if (!(error instanceof Error) || error.name !== 'SuppressedError') return is(error)
    const both = error as SuppressedError
    return eachPart(both.error, is) && eachPart(both.suppressed, is)
  } catch {
    return false // it cannot even be looked at, such as a revoked Proxy
  }
}

function because(reason: unknown): string {
  if (reason === undefined) return ''
  try {
    if (reason instanceof Error) return `: ${reason.message}`
    return `: ${String(reason)}`
  } catch {
    return `: ${typeof reason}` // it has no string form, or one that throws
  }
}
