import { CorralError } from 'corral'

/** Why a process cannot be looked into. */
export type AttachReason =
  | 'UNSUPPORTED'
  | 'NO_PROCESS'
  | 'NOT_PERMITTED'
  | 'ENDED'
  | 'STOPPED'
  | 'NOT_NODE'
  | 'NO_SIGNAL'
  | 'OTHER_NETWORK'
  | 'PORT_TAKEN'
  | 'NO_ANSWER'
  | 'FOREIGN'
  | 'NO_CORRAL'

/** A process that cannot be looked into, or not now. It was not harmed. */
export class AttachError extends CorralError {
  declare readonly code: 'ATTACH'
  readonly reason: AttachReason

  constructor(reason: AttachReason, message: string, options?: ErrorOptions) {
    super('ATTACH', `attach: ${message}`, options)
    this.reason = reason
  }

  static {
    this.prototype.name = 'AttachError'
  }
}
