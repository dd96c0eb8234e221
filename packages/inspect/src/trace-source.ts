/** Where the id of the trace around the running code is known, by whoever knows: this package depends on no tracing. */
export const traceSource: { traceId: (() => string | undefined) | undefined } = {
  traceId: undefined,
}
