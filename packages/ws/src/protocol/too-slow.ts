/** The close code for a client that does not read as fast as it is sent to: it may come back, and resume. */
export const TOO_SLOW = 4008
