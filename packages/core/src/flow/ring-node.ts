/**
 * A place in a ring of links: to join before another one and to leave are O(1). A ring of one is a link
 * to itself.
 */
export class RingNode {
  before: RingNode = this
  after: RingNode = this

  linkBefore(mark: RingNode): void {
    this.after = mark
    this.before = mark.before
    mark.before.after = this
    mark.before = this
  }

  unlink(): void {
    this.before.after = this.after
    this.after.before = this.before
  }
}
