import { readdirSync, readFileSync } from 'node:fs'

/** A fenced block of code, and what it is said to print: the `text` block that follows it. */
export interface Block {
  readonly language: string
  /** The words after the language, such as `fails`. */
  readonly info: readonly string[]
  readonly line: number
  readonly code: string
  readonly output: string | undefined
}

export interface Heading {
  readonly text: string
  readonly anchor: string
}

export interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly headings: readonly Heading[]
  /** Targets as written, without those that leave the repository. */
  readonly links: readonly string[]
  readonly blocks: readonly Block[]
  /** The names in headings and in inline code. */
  readonly words: readonly string[]
}

const root = new URL('../../', import.meta.url)

/** README.md, that of every package, and the pages of docs/, by path. */
export function readPages(): Page[] {
  const packages = readdirSync(new URL('packages/', root)).map(
    (name) => `packages/${name}/README.md`,
  )
  const docs = readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md'))
    .sort()
  return ['README.md', ...packages, ...docs].flatMap((path) => {
    try {
      return [parsePage(path, readFileSync(new URL(path, root), 'utf8'))]
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}

/** What a test looks at in a page. */
export function parsePage(path: string, text: string): Page {
  const headings: Heading[] = []
  const links: string[] = []
  const blocks: (Block & { output: string | undefined })[] = []
  const used = new Map<string, number>()
  let fence: { mark: string; info: string[]; line: number; lines: string[] } | undefined
  /** The block that a following `text` block belongs to. */
  let program: (typeof blocks)[number] | undefined

  for (const [i, line] of text.split('\n').entries()) {
    const [, mark, info = ''] = /^(`{3,})(.*)$/.exec(line) ?? []
    if (fence !== undefined) {
      if (mark !== fence.mark) {
        fence.lines.push(line)
        continue
      }
      const [language = '', ...words] = fence.info
      const code = fence.lines.join('\n')
      if (language === 'text' && program !== undefined) program.output = code
      program = undefined
      if (language !== 'text') {
        program = { language, info: words, line: fence.line, code, output: undefined }
        blocks.push(program)
      }
      fence = undefined
    } else if (mark !== undefined) {
      fence = { mark, info: info.trim().split(/\s+/), line: i + 1, lines: [] }
    } else if (/^#{1,6} /.test(line)) {
      program = undefined
      const words = line.replace(/^#+ /, '').replaceAll('`', '')
      const slug = slugOf(words)
      const before = used.get(slug) ?? 0
      used.set(slug, before + 1)
      headings.push({ text: words, anchor: before === 0 ? slug : `${slug}-${before}` })
    } else {
      for (const [, target = ''] of line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
        if (!/^[a-z]+:/.test(target)) links.push(target)
      }
    }
  }
  if (fence !== undefined) throw new Error(`${path}:${fence.line}: this block is not closed`)
  const prose = text.replaceAll(/^```[^]*?^```$/gm, '')
  const said = [...prose.matchAll(/^#.*$|`[^`]+`/gm)].join(' ')
  return { path, headings, links, blocks, words: said.match(/\w+/g) ?? [] }
}

/** The anchor that GitHub gives a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}
