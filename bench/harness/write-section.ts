import { readFile, writeFile } from 'node:fs/promises'

/** A page of results whose sections are measured one by one. */
export interface Page {
  readonly url: URL
  /** What stands before the first section. */
  readonly head: string
  /** The titles of all sections, in order. */
  readonly titles: readonly string[]
}

/** Puts a section into the page, in place of what it said under this title before; sections of other titles go. */
export async function writeSection(
  { url, head, titles }: Page,
  title: string,
  body: string,
): Promise<void> {
  const before = await readFile(url, 'utf8').catch(() => '')
  const old = before.split(/^(?=## )/m)
  const sections = titles
    .map((one) =>
      one === title
        ? `## ${title}\n\n${body}`
        : old.find((section) => section.startsWith(`## ${one}\n`)),
    )
    .filter((section) => section !== undefined)
    .map((section) => section.trim())
  await writeFile(url, `${[head.trim(), ...sections].join('\n\n')}\n`)
}
