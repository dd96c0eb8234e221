import { open, rename, rm } from 'node:fs/promises'
import { checkpoint, MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'
import { openReader, type StoreReading } from '../store/open-reader.ts'
import { csvFormat } from './csv-format.ts'
import { exportRows, type ExportRow } from './export-row.ts'

export interface ExportOptions {
  /** Whether a CSV begins with a byte order mark: Excel takes a file without it for one in the local code page. @default false */
  readonly bom?: boolean
}

/** How rows are written. */
export interface ExportFormat {
  readonly head: string
  line(row: ExportRow): string
}

/**
 * Writes what a store has into a file, as CSV or as lines of JSON by the file's ending. The file is complete or not there: it is
 * written beside and renamed. Memory does not grow with the store. In CSV each field of what was extracted has a column of its own,
 * `data.title`.
 *
 * Cancellation: between two rows; the file is as it was.
 *
 * @param store a file, or the URL of a database
 * @param file whose name ends in .csv or .jsonl
 * @returns how many rows were written
 * @throws MisuseError for a file of another name
 * @throws StoreError when the store cannot be read; what the file system says when the file cannot be written
 */
export async function exportStore(
  store: string,
  file: string,
  { bom = false }: ExportOptions = {},
): Promise<number> {
  requireEnding(file)
  await using reader = await openReader(store)
  const unfinished = `${file}.unfinished-${process.pid}`
  try {
    const format = file.endsWith('.csv') ? await csvFormat(reader, bom) : jsonLines
    const rows = await writeRows(unfinished, format, reader)
    await rename(unfinished, file)
    return rows
  } finally {
    await rm(unfinished, { force: true })
  }
}

const jsonLines: ExportFormat = { head: '', line: (row) => `${JSON.stringify(row)}\n` }

function requireEnding(file: string): void {
  if (/\.(csv|jsonl)$/.test(file)) return
  throw new MisuseError(
    `exportStore: file must be a name that ends in .csv or .jsonl, got ${describe(file)}`,
  )
}

async function writeRows(
  path: string,
  format: ExportFormat,
  reader: StoreReading,
): Promise<number> {
  await using handle = await open(path, 'w')
  let rows = 0
  let chunk = format.head
  for await (const row of exportRows(reader)) {
    chunk += format.line(row)
    rows++
    if (chunk.length < chunkLength) continue
    await handle.appendFile(chunk)
    chunk = ''
    await checkpoint()
  }
  await handle.appendFile(chunk)
  return rows
}

const chunkLength = 64 * 1024
