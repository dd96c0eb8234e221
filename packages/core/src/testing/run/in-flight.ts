interface Host {
  process?: { getActiveResourcesInfo?: () => string[] }
}
const host = (globalThis as Host).process

/** Native timers of our own, which are nothing foreign. */
export const polling: { timers: number } = { timers: 0 }

/** The kinds of things that keep the event loop alive, how often each; our own left out. */
function census(): Map<string, number> {
  const counts = new Map<string, number>([['Timeout', -polling.timers]])
  for (const kind of host?.getActiveResourcesInfo?.() ?? []) {
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** What the event loop waits for now that it did not wait for when this was made. */
export class InFlight {
  readonly #before = census()

  /** The kinds, such as `TCPSocketWrap`; empty when nothing foreign is known to be under way. */
  get kinds(): string[] {
    const more: string[] = []
    for (const [kind, count] of census()) {
      if (count > (this.#before.get(kind) ?? 0)) more.push(kind)
    }
    return more
  }
}
