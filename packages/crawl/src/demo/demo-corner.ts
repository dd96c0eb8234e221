import type { ServerResponse } from 'node:http'
import type { DemoLink } from './demo-page.ts'

/** One answer of an odd corner: `hit` counts the requests for its URL, from 1. */
export type DemoAnswer = (
  response: ServerResponse,
  hit: number,
  path: string,
) => Promise<void> | void

/** An odd corner of the demo site: a path, or the start of many when it ends in a star. */
export interface DemoCorner {
  readonly path: string
  /** Links of the start page into it. */
  readonly links: readonly DemoLink[]
  readonly answer: DemoAnswer
}

/** What an HTML page says it is. */
export const htmlType: string = 'text/html; charset=utf-8'

export const html: Readonly<Record<string, string>> = { 'content-type': htmlType }

/** Links `prefix1` to `prefixN`. */
export function numbered(prefix: string, count: number, label: string): DemoLink[] {
  return Array.from({ length: count }, (_, index) => [
    `${prefix}${index + 1}`,
    `${label} ${index + 1}`,
  ])
}

/** Answers with a whole body. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}

/** Answers with another place. */
export function redirect(response: ServerResponse, location: string, status = 301): void {
  response.writeHead(status, { location }).end()
}
