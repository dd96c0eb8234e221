/** Reads the store `argv[2]`, then opens it for writing, and says what came of both: for another user to run. */
import { openStore } from '../../src/store/open-store.ts'
import { StoreReader } from '../../src/store/store-reader.ts'

const [, , file = ''] = process.argv
const said = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string }
  return `${code}: ${message}`
}
try {
  using reader = new StoreReader(file)
  console.log(`read ${[...reader.pages()].length}`)
} catch (error) {
  console.log(`read ${said(error)}`)
}
try {
  await (await openStore(file)).close()
  console.log('write done')
} catch (error) {
  console.log(`write ${said(error)}`)
}
