/** What is sent and has to come back. */
export const MESSAGES: readonly (string | Uint8Array)[]
export function isSame(message: string | Uint8Array, echo: unknown): boolean
/** Talks to a server with a WebSocket of some platform, and gives what came of it. */
export function talk(WebSocket: unknown, url: string): Promise<string>
