/**
 * Checks every package as npm would publish it: what `exports`, `types` and `bin` promise is in the built package.
 * Needs `npm run build` first. Run it by `npm run check:packages`.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = fileURLToPath(new URL('../packages/', import.meta.url))
let failures = 0
for (const name of readdirSync(root).sort()) {
  const { messages, pkg } = await publint({ pkgDir: `${root}${name}`, strict: true })
  for (const message of messages) {
    process.stderr.write(`${String(pkg['name'])}: ${formatMessage(message, pkg) ?? message.code}\n`)
    failures++
  }
}
if (failures > 0) process.exit(1)
process.stdout.write('packages: every entry point resolves\n')
