import type { LinkKind } from '../page/link-extractor.ts'
import type { StoredLink } from '../store/outcome.ts'

export interface LinkPolicyOptions {
  /** The kinds of links that are followed. All, when left out. */
  readonly followKinds?: readonly LinkKind[] | undefined
  /**
   * `prefer`: of a page that gives another address as its proper one only that address is followed. `follow`: that
   * address is a link like any other. @default 'follow'
   */
  readonly canonical?: 'follow' | 'prefer' | undefined
  /**
   * Of a host's URLs the one with the greatest number is fetched first; 0 is usual, the rest of a number is dropped. What
   * it throws ends the crawl.
   */
  readonly priority?: ((url: string, depth: number) => number) | undefined
}

/** Decides about the links of a page beyond scope. */
export type LinkPolicy = (
  links: readonly StoredLink[],
  page: { readonly url: string; readonly depth: number; readonly canonical: string | undefined },
) => readonly StoredLink[]

/** Makes the policy; undefined when there is nothing to decide, which then costs nothing. */
export function createLinkPolicy(options: LinkPolicyOptions): LinkPolicy | undefined {
  const { followKinds, canonical = 'follow', priority } = options
  if (followKinds === undefined && canonical === 'follow' && priority === undefined) {
    return undefined
  }
  const kinds = followKinds && new Set<string>(followKinds)

  const skipOf = (link: StoredLink, onlyCanonical: boolean): string | undefined => {
    if (link.skip !== undefined) return link.skip
    if (onlyCanonical && link.kind !== 'canonical') return 'canonical'
    return kinds !== undefined && !kinds.has(link.kind) ? 'kind' : undefined
  }

  return (links, page) => {
    const target = page.canonical
    const proper = links.find((link) => link.url === target && link.skip === undefined)
    const onlyCanonical = canonical === 'prefer' && target !== page.url && proper !== undefined
    return links.map((given) => {
      // A link in the text to the same address stands for both.
      const link = onlyCanonical && given === proper ? { ...given, kind: 'canonical' } : given
      const skip = skipOf(link, onlyCanonical)
      if (skip !== undefined) return { ...link, skip }
      const weight = Math.trunc(priority?.(link.url, page.depth + 1) ?? 0)
      return weight === 0 || !Number.isSafeInteger(weight) ? link : { ...link, priority: weight }
    })
  }
}
