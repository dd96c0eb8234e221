import { existsSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as core from 'corral'
import * as lowlevel from 'corral/lowlevel'
import * as testing from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { parsePage, readPages } from './markdown.ts'
import type { Page } from './markdown.ts'
import { checkTypes, matches, runProgram, writePrograms } from './program.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = readPages()
const programs = writePrograms(pages)

describe('the programs in the pages', () => {
  it('are what the compiler accepts', async () => {
    expect(await checkTypes()).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  // Some start a database.
  const timeout = 180_000
  it.concurrent.each(programs)('$title does what the page says', { timeout }, async (program) => {
    const { code, stdout, stderr } = await runProgram(program)
    const { output } = program.block
    if (program.fails) expect(code, 'it is meant to fail').not.toBe(0)
    else expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const printed = program.fails ? stdout + stderr : stdout
    if (output === undefined || matches(printed, output)) return
    expect(printed.trim()).toBe(output.trim())
  })
})

describe('the pages', () => {
  const anchors = new Map(
    pages.map((page) => [page.path, new Set(page.headings.map((heading) => heading.anchor))]),
  )

  it.each(pages)('$path links to what exists', (page) => {
    expect(page.links.filter((link) => !leadsSomewhere(page, link))).toEqual([])
  })

  function leadsSomewhere(page: Page, link: string): boolean {
    const [target = '', anchor] = link.split('#')
    const path =
      target === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), target))
    if (!existsSync(root + path)) return false
    if (anchor === undefined) return statSync(root + path).isFile()
    return anchors.get(path)?.has(anchor) ?? false
  }

  it('of the reference name every export of the core in a heading', () => {
    const named = new Set(
      pages
        .filter((page) => /^docs\/(reference\/|errors\.md)/.test(page.path))
        .flatMap((page) => page.headings.flatMap(({ text }) => text.split(/[,\s]+/))),
    )
    const names = Object.entries(core).filter(([, value]) => !isErrorClass(value))
    expect(names.map(([name]) => name).filter((name) => !named.has(name))).toEqual([])
  })

  it.each([
    ['docs/reference/lowlevel.md', lowlevel],
    ['docs/reference/testing.md', testing],
  ])('%s names every export of its entry point', (path, module) => {
    const page = pages.find((other) => other.path === path)
    const names = new Set(page?.words)
    expect(Object.keys(module).filter((name) => !names.has(name))).toEqual([])
  })

  it('of the reference are all in the index', () => {
    const listed = new Set(pages.find((page) => page.path === 'docs/README.md')?.links)
    const reference = pages
      .filter((page) => page.path.startsWith('docs/reference/'))
      .map((page) => page.path.slice('docs/'.length))
    expect(reference.filter((path) => !listed.has(path))).toEqual([])
  })

  it('have an anchor for every error code', () => {
    // Whatever a constructor takes, the code does not depend on it.
    const codes = Object.values<unknown>(core)
      .filter(isErrorClass)
      .map((ErrorClass) => new ErrorClass('').code)
    expect(codes.length).toBeGreaterThan(8)
    const known = anchors.get('docs/errors.md')
    expect(codes.filter((code) => !known?.has(code.toLowerCase()))).toEqual([])
  })
})

function isErrorClass(value: unknown): value is new (detail: string) => core.CorralError {
  return typeof value === 'function' && value.prototype instanceof core.CorralError
}

describe('the reader of pages', () => {
  it('pairs a program with the text block that follows it, not with one of the next section', () => {
    const text =
      '# One\n```ts fails\na\n```\nprints\n```text\nb\n```\n```ts\nc\n```\n## Two\n```text\nd\n```\n'
    expect(parsePage('x.md', text).blocks).toEqual([
      { language: 'ts', info: ['fails'], line: 2, code: 'a', output: 'b' },
      { language: 'ts', info: [], line: 9, code: 'c', output: undefined },
    ])
  })

  it('gives headings the anchors that they have on GitHub, and finds links outside of code', () => {
    const page = parsePage(
      'x.md',
      '# `Task.cancel` & more\n# A\n# A\n[a](b.md) `[c](d.md)` [e](https://f)',
    )
    expect(page.headings.map((heading) => heading.anchor)).toEqual(['taskcancel--more', 'a', 'a-1'])
    expect(page.links).toEqual(['b.md'])
  })

  it('refuses a block that is not closed', () => {
    expect(() => parsePage('x.md', '```ts\n')).toThrow('x.md:1: this block is not closed')
  })

  it('takes … for anything on a line, and nothing else for a pattern', () => {
    expect(matches('took 12 ms\nend', 'took … ms\nend')).toBe(true)
    expect(matches('took\n12 ms', 'took … ms')).toBe(false)
    expect(matches('took\n12\nms', 'took\n…\nms')).toBe(true)
    expect(matches('ab', 'a.')).toBe(false)
  })
})
