/** Bytes that are alive, with array buffers. Node needs --expose-gc. */
export function heapUsed(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
