import type { Outcome, StoredLink } from './outcome.ts'

/** An outcome on its way between threads: its links are one string, which costs a copy instead of one per link. */
export type PackedOutcome =
  | (Omit<Extract<Outcome, { result: 'page' }>, 'links'> & { readonly links: string })
  | Exclude<Outcome, { result: 'page' }>

/** Packs for `unpackOutcomes`: per link one line, `kind nofollow skip url`. A normalised URL has no blank in it. */
export function packOutcomes(outcomes: readonly Outcome[]): PackedOutcome[] {
  return outcomes.map((outcome) =>
    outcome.result === 'page' ? { ...outcome, links: outcome.links.map(line).join('\n') } : outcome,
  )
}

export function unpackOutcomes(packed: readonly PackedOutcome[]): Outcome[] {
  return packed.map((outcome) =>
    outcome.result === 'page'
      ? { ...outcome, links: outcome.links === '' ? [] : outcome.links.split('\n').map(linkOf) }
      : outcome,
  )
}

function line({ url, kind, nofollow, skip = '' }: StoredLink): string {
  return `${kind} ${nofollow ? '1' : ''} ${skip} ${url}`
}

function linkOf(text: string): StoredLink {
  const [kind = '', nofollow, skip = '', url = ''] = text.split(' ')
  return { url, kind, nofollow: nofollow === '1', ...(skip === '' ? {} : { skip }) }
}
