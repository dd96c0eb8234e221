export class NotFound extends Error {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }

  static {
    this.prototype.name = 'NotFound'
  }
}
