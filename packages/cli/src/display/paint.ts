import { styleText } from 'node:util'

/** How a part of the display is meant. */
export type Paint = (meaning: 'good' | 'bad' | 'quiet', text: string) => string

const styles = { good: 'cyan', bad: 'red', quiet: 'dim' } as const

/** Colours, where the terminal has them and nobody asked for none [https://no-color.org]. */
export function paintFor(env: Readonly<Record<string, string | undefined>>): Paint {
  const none = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return none
    ? (_meaning, text) => text
    : (meaning, text) => styleText(styles[meaning], text, { validateStream: false })
}
