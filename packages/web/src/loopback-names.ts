import type { IncomingHttpHeaders } from 'node:http'

/** The names that a page on loopback goes by: no other name and no page of another site may ask for it. */
export class LoopbackNames {
  readonly #hosts: ReadonlySet<string>

  /** @param port that the page is served on */
  constructor(port: number) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
  }

  /**
   * Whether a request was made by one of the names, out of no other page.
   *
   * @param acts whether it changes something: then a browser tells out of which page, and nobody may leave that out
   */
  allow({ host = '', origin }: IncomingHttpHeaders, acts: boolean): boolean {
    if (!this.#hosts.has(host)) return false
    return origin === undefined ? !acts : origin === `http://${host}`
  }
}
