/** Runs an example on the sources, with no build: `npm run example -- 03`. Without a number it lists them. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../examples/', import.meta.url))
const examples = readdirSync(folder)
  .filter((file) => /^\d\d-.*\.ts$/.test(file) || existsSync(`${folder}${file}/main.ts`))
  .sort()
const [number = '', ...rest] = process.argv.slice(2)
const prefix = `${number.padStart(2, '0')}-`
const file = number === '' ? undefined : examples.find((name) => name.startsWith(prefix))

if (file === undefined) {
  process.stderr.write(`npm run example -- <number>, one of\n  ${examples.join('\n  ')}\n`)
  process.exitCode = 2
} else {
  const args = [
    '--conditions=@corral/source',
    folder + (file.endsWith('.ts') ? file : `${file}/main.ts`),
    ...rest,
  ]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  process.on('SIGINT', () => {}) // the example has it too, and decides
  child.on('close', (code) => {
    process.exitCode = code ?? 1
  })
}
