import { rename, rm, writeFile } from 'node:fs/promises'
import { openReader } from '@corral/crawl'
import { storeName } from '../format/store-name.ts'
import { collectReport } from './collect-report.ts'
import { reportPage } from './report-page.ts'

/**
 * Writes a report on a store into a file of HTML, which is complete or not there.
 *
 * Cancellation: while the store is read; the file is as it was.
 *
 * @throws StoreError when the store cannot be read; what the file system says when the file cannot be written
 */
export async function writeReport(store: string, file: string): Promise<void> {
  await using reader = await openReader(store)
  const page = reportPage(await collectReport(reader), storeName(store), new Date())
  const unfinished = `${file}.unfinished-${process.pid}`
  try {
    await writeFile(unfinished, page)
    await rename(unfinished, file)
  } finally {
    await rm(unfinished, { force: true })
  }
}
