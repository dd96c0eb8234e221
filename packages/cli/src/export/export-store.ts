import { open, rename, rm } from 'node:fs/promises'
import { checkpoint } from 'corral'
import { openReader, type StoreReading } from '@corral/crawl'
import { csvLine } from './csv.ts'
import { exportColumns, exportRows, type ExportRow } from './export-row.ts'

/**
 * Writes what a store has into a file, as CSV or as lines of JSON by the file's ending. The file is complete or not there: it is
 * written beside and renamed. Memory does not grow with the store.
 *
 * Cancellation: between two rows; the file is as it was.
 *
 * @returns how many rows were written
 * @throws StoreError when the store cannot be read; what the file system says when the file cannot be written
 */
export async function exportStore(store: string, file: string): Promise<number> {
  await using reader = await openReader(store)
  const unfinished = `${file}.unfinished-${process.pid}`
  try {
    const rows = await writeRows(unfinished, file.endsWith('.csv') ? csv : jsonLines, reader)
    await rename(unfinished, file)
    return rows
  } finally {
    await rm(unfinished, { force: true })
  }
}

interface Format {
  readonly head: string
  line(row: ExportRow): string
}

const csv: Format = {
  // Excel takes a file without the mark for one in the local code page.
  head: `\uFEFF${csvLine(exportColumns)}`,
  line: (row) =>
    csvLine(exportColumns.map((column) => (column === 'data' ? dataOf(row) : row[column]))),
}

function dataOf({ data }: ExportRow): string | null {
  return data === null ? null : JSON.stringify(data)
}

const jsonLines: Format = { head: '', line: (row) => `${JSON.stringify(row)}\n` }

async function writeRows(path: string, format: Format, reader: StoreReading): Promise<number> {
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
