import { CorralError } from 'corral'

/**
 * What went wrong, in one word; part of the API.
 *
 *   EXIT          it exited with a code other than 0
 *   SIGNAL        a signal ended it
 *   NOT_FOUND     the program, its interpreter or the working directory is not there
 *   START         it could not be started for another reason, which is the cause
 *   OUTPUT_LIMIT  it printed more than `maxBytes`, and was stopped
 *   UNKILLABLE    some of its group still live after SIGKILL
 *   LAUNCHER      its launcher was killed, and its group with it
 */
export type ProcessErrorCode =
  | 'EXIT'
  | 'SIGNAL'
  | 'NOT_FOUND'
  | 'START'
  | 'OUTPUT_LIMIT'
  | 'UNKILLABLE'
  | 'LAUNCHER'

/** The details of a `ProcessError` besides its code. */
interface ProcessErrorDetails extends ErrorOptions {
  readonly exitCode?: number | undefined
  readonly signal?: NodeJS.Signals | undefined
  readonly stdout?: string
  readonly stderr?: string
  readonly missing?: 'program' | 'cwd' | 'interpreter'
  readonly pids?: readonly number[]
}

/** A process that failed, could not be started, or could not be ended. */
export class ProcessError extends CorralError {
  declare readonly code: ProcessErrorCode
  /** The program. */
  readonly file: string
  /** EXIT: its exit code. */
  readonly exitCode: number | undefined
  /** SIGNAL: the signal that ended it. */
  readonly signal: NodeJS.Signals | undefined
  /** Its output so far, where that was collected. */
  readonly stdout: string
  readonly stderr: string
  /** NOT_FOUND: what does not exist. */
  readonly missing: 'program' | 'cwd' | 'interpreter' | undefined
  /** UNKILLABLE: the processes still alive. */
  readonly pids: readonly number[]

  constructor(
    code: ProcessErrorCode,
    file: string,
    message: string,
    details: ProcessErrorDetails = {},
  ) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.file = file
    this.exitCode = details.exitCode
    this.signal = details.signal
    this.stdout = details.stdout ?? ''
    this.stderr = details.stderr ?? ''
    this.missing = details.missing
    this.pids = details.pids ?? []
  }

  static {
    this.prototype.name = 'ProcessError'
  }
}
