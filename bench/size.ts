// npm run bench:size: minified and compressed bytes of programs that use a part of the core.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('.', import.meta.url))
const installed = existsSync(`${root}node_modules/esbuild`)
if (!installed) throw new Error('run npm run bench once: it installs the peers')
const { build } = await import('esbuild')

const programs: Record<string, { readonly code: string; readonly budget?: number }> = {
  'run + group + timeout + gather': {
    code: `import { run, taskGroup, timeout, gather } from 'corral'; console.log(run, taskGroup, timeout, gather)`,
    budget: 6000,
  },
  'the whole core': {
    code: `import * as corral from 'corral'; console.log(corral)`,
    budget: 20_000,
  },
  'effect, the same by its index': {
    code: `import { Effect } from 'effect'; console.log(Effect.runPromise, Effect.forkChild, Effect.timeout, Effect.all)`,
  },
}

console.log('| program | min | min+gzip | budget |\n|---|---|---|---|')
for (const [title, { code, budget }] of Object.entries(programs)) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['@corral/source'],
    write: false,
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error(`${title}: esbuild wrote nothing`)
  const zipped = gzipSync(output.contents, { level: 9 }).length
  const verdict =
    budget === undefined ? '-' : `${budget}: ${zipped <= budget ? 'met' : '**missed**'}`
  console.log(`| ${title} | ${output.contents.length} | ${zipped} | ${verdict} |`)
}
