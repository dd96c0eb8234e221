/** Tells why it takes long, for whoever may give up. */
export function tellSlow(reason: string): void {
  process.stderr.write(`corral: waiting: ${reason}; Ctrl-C gives up\n`)
}
