/** A listener for errors that are told to waiters, readers and writers; a socket without any ends the program. */
export function ignored(): void {}
