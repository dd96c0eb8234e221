import { MisuseError } from '../../errors.ts'
import { hostFiles } from './host-files.ts'

/** Writes a file, and makes its folder, on the platforms that have files. */
export function writeText(path: string, text: string): void {
  const files = hostFiles()
  if (files === undefined) {
    throw new MisuseError(
      'explore: html: there are no files on this platform; use the html of the error',
    )
  }
  const folder = path.replace(/[^/\\]*$/, '')
  if (folder !== '') files.mkdirSync(folder, { recursive: true })
  files.writeFileSync(path, text)
}

/** What is kept of a failure. */
export interface KeptFailure {
  readonly title: string
  readonly replay: string
  readonly takes: string
  readonly found: string
  readonly report: string
  readonly timeline: () => string
}

/** Writes a failure into a folder, as a page and as JSON; the file is called by what failed and how. */
export function keepFailure(folder: string, failure: KeptFailure, page: string): void {
  const { title, replay, takes, found, report } = failure
  const words = title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '')
  const name = `${folder}/${words.slice(0, 60)}-${replay.replaceAll(/[^\w]+/g, '-').slice(0, 40)}`
  const json = { title, replay, takes, found, report, timeline: failure.timeline() }
  writeText(`${name}.json`, `${JSON.stringify(json, undefined, 2)}\n`)
  writeText(`${name}.html`, page)
}
