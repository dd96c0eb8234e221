/**
 * A place in a ring of links: to join before another one and to leave are O(1). A ring of one is a link
 * to itself.
 */
export class Link {
  before: Link = this
  after: Link = this

  linkBefore(mark: Link): void {
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
