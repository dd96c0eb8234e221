// What a call must look for in its scope is mostly nowhere at all: then it need not look its scope up,
// which is a fifth of what a call costs that has not to wait.

/** How many living scopes a cancellation reaches, anywhere. */
export let cancelledScopes = 0

export function countCancelled(change: 1 | -1): void {
  cancelledScopes += change
}

/** There was a runtime with a scheduler: in this process tests are run. */
export let schedulerSeen = false

export function noteScheduler(): void {
  schedulerSeen = true
}
