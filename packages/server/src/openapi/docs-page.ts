import type { Api } from '../api/api.ts'
import { reply } from '../reply/reply.ts'
import type { Reply } from '../reply/reply.ts'

/** The part of an OpenAPI document that is shown. */
interface Document {
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

interface Operation {
  readonly summary?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Body
  readonly responses: Readonly<Record<string, Body & { readonly description: string }>>
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: unknown
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #3a414a); --soft: light-dark(#f4f6f8, #1d2228) }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h1 small { font-weight: 400; opacity: .6; font-size: 1rem }
details { border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0 }
summary { padding: .5rem .8rem; cursor: pointer } details > div { padding: 0 .8rem .8rem }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; font-size: .8rem }
.GET { color: light-dark(#0a69da, #58a6ff) } .POST { color: light-dark(#1a7f37, #3fb950) }
.PUT, .PATCH { color: light-dark(#9a6700, #d29922) } .DELETE { color: light-dark(#cf222e, #f85149) }
code, pre { font: 13px/1.45 ui-monospace, monospace } pre { background: var(--soft); padding: .6rem; overflow: auto }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .5rem; border-top: 1px solid var(--line) }
h3 { font-size: .95rem; margin: 1rem 0 .3rem } .what { opacity: .7; margin-left: .6rem }`

/**
 * A handler for a page that documents the routes of an api: a single response, without scripts, and without requests to
 * other servers.
 *
 * @example
 * app.get('/docs', docsPage(app))
 */
export function docsPage(app: Api): () => Reply {
  return () => {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    }
    return reply(render(app.openApi() as unknown as Document), { headers })
  }
}

function render({ info, paths }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => section(method, path, operation)),
  )
  const title = escape(info.title)
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}</style>
<h1>${title} <small>${escape(info.version)}</small></h1>
${operations.join('\n')}
</html>
`
}

function section(method: string, path: string, operation: Operation): string {
  const name = method.toUpperCase()
  const { summary = '', parameters = [], requestBody, responses } = operation
  // Problems are the same for all.
  const answers = Object.entries(responses).map(([status, answer]) => {
    const title = status === 'default' ? 'Otherwise' : escape(status)
    return `<h3>${title}: ${escape(answer.description)}</h3>${status === 'default' ? '' : body(answer)}`
  })
  return `<details><summary><span class="method ${name}">${name}</span> <code>${escape(path)}</code>
<span class="what">${escape(summary)}</span></summary><div>
${parameters.length === 0 ? '' : table(parameters)}
${requestBody === undefined ? '' : `<h3>Body</h3>${body(requestBody)}`}
${answers.join('\n')}</div></details>`
}

function table(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escape(parameter.name)}</code><td>${escape(parameter.in)}` +
      `<td>${parameter.required === true ? 'required' : ''}<td><code>${json(parameter.schema)}</code>`,
  )
  return `<h3>Parameters</h3><table>${rows.join('')}</table>`
}

function body({ content = {} }: Body): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<p><code>${escape(type)}</code></p><pre>${json(schema, 2)}</pre>`)
    .join('')
}

function json(schema: unknown, indent?: number): string {
  return escape(JSON.stringify(schema ?? {}, undefined, indent))
}

function escape(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }
  return text.replaceAll(/[&<>"]/g, (sign) => `&${names[sign]};`)
}
