import type { Outcome, StoredLink } from './outcome.ts'

/** A link between threads: most are anchors that are followed, and nothing but their URL. */
type PackedLink = string | StoredLink

/** An outcome; its links alone are other than they were. */
interface Packed {
  readonly result: Outcome['result']
  readonly links?: readonly PackedLink[] | undefined
}

/**
 * Outcomes as one text on their way between threads, for `unpackOutcomes`: it is copied at once, while a tree of objects is
 * walked on both sides.
 */
export function packOutcomes(outcomes: readonly Outcome[]): string {
  return JSON.stringify(outcomes.map(packed))
}

export function unpackOutcomes(text: string): Outcome[] {
  return (JSON.parse(text) as Packed[]).map(unpacked)
}

function packed(outcome: Outcome): Packed {
  if (!('links' in outcome) || outcome.links === undefined) return outcome
  return { ...outcome, links: outcome.links.map((link) => (isPlain(link) ? link.url : link)) }
}

function unpacked(outcome: Packed): Outcome {
  const links = outcome.links?.map((link) =>
    typeof link === 'string' ? { url: link, kind: 'anchor', nofollow: false } : link,
  )
  return (links === undefined ? outcome : { ...outcome, links }) as Outcome
}

function isPlain({ kind, nofollow, skip, priority, request, changedAt }: StoredLink): boolean {
  const marked = nofollow || skip !== undefined || request !== undefined
  return kind === 'anchor' && !marked && priority === undefined && changedAt === undefined
}
