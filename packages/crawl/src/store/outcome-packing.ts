import type { Outcome, StoredLink } from './outcome.ts'

/** An outcome on its way between threads: its links are one string, which costs a copy instead of one per link. */
export type PackedOutcome =
  | (Omit<Extract<Outcome, { result: 'page' }>, 'links'> & { readonly links: string })
  | (Omit<Extract<Outcome, { result: 'failure' }>, 'links'> & { readonly links: string })
  | Exclude<Outcome, { result: 'page' | 'failure' }>

/**
 * Packs for `unpackOutcomes`: per link one line, `kind nofollow skip url`, and `priority changedAt` where there is one.
 * A normalised URL has no blank in it.
 */
export function packOutcomes(outcomes: readonly Outcome[]): PackedOutcome[] {
  return outcomes.map((outcome) =>
    'links' in outcome
      ? { ...outcome, links: (outcome.links ?? []).map(line).join('\n') }
      : outcome.result === 'failure'
        ? { ...outcome, links: '' }
        : outcome,
  )
}

export function unpackOutcomes(packed: readonly PackedOutcome[]): Outcome[] {
  return packed.map((outcome) =>
    'links' in outcome
      ? { ...outcome, links: outcome.links === '' ? [] : outcome.links.split('\n').map(linkOf) }
      : outcome,
  )
}

function line({ url, kind, nofollow, skip = '', priority, changedAt }: StoredLink): string {
  const start = `${kind} ${nofollow ? '1' : ''} ${skip} ${url}`
  if (priority === undefined && changedAt === undefined) return start
  return `${start} ${priority ?? ''} ${changedAt ?? ''}`
}

function linkOf(text: string): StoredLink {
  const [kind = '', nofollow, skip = '', url = '', priority = '', changedAt = ''] = text.split(' ')
  return {
    url,
    kind,
    nofollow: nofollow === '1',
    ...(skip === '' ? {} : { skip }),
    ...(priority === '' ? {} : { priority: Number(priority) }),
    ...(changedAt === '' ? {} : { changedAt: Number(changedAt) }),
  }
}
