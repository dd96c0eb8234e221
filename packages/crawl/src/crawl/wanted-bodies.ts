import { isAmong } from '../page/read-body.ts'
import type { VisitContext } from './visit-page.ts'

/** Whether somebody wants more of a page than its links. */
export function isWanted({ handling, keepBodies }: VisitContext): boolean {
  return handling !== undefined || keepBodies === true
}

/** Whether a body that is no HTML is read. */
export function isRead(contentType: string | undefined, context: VisitContext): boolean {
  return isWanted(context) && isAmong(contentType, context.bodies ?? textBodies)
}

/** What is read besides HTML unless more is asked for. */
const textBodies: readonly string[] = [
  'text/*',
  'application/json',
  'application/*+json',
  'application/xml',
  'application/*+xml',
  'application/x-ndjson',
]
