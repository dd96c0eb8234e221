import type { StoreReading } from '../store/open-reader.ts'
import { csvLine } from './csv.ts'
import { exportColumns } from './export-row.ts'
import type { ExportFormat } from './export-store.ts'

/** Fields that have columns of their own at most: of more no table can be made. */
const maxFields = 500

/** Rows as CSV: what was extracted is read once for the names of its fields, which are columns. */
export async function csvFormat(reader: StoreReading, bom: boolean): Promise<ExportFormat> {
  const { fields, isWhole } = await fieldsOf(reader)
  const columns = exportColumns.filter((column) => column !== 'data' || !isWhole)
  const names = fields.map((field) => `data.${field}`)
  return {
    head: `${bom ? '\uFEFF' : ''}${csvLine([...columns, ...names])}`,
    line: (row) =>
      csvLine([
        ...columns.map((column) => (column === 'data' ? cellOf(row.data) : row[column])),
        ...fields.map((field) => cellOf((row.data as Record<string, unknown> | null)?.[field])),
      ]),
  }
}

/** The names in all that was extracted, in the order in which they come; and whether there is nothing besides them. */
async function fieldsOf(
  reader: StoreReading,
): Promise<{ readonly fields: readonly string[]; readonly isWhole: boolean }> {
  const fields = new Set<string>()
  for await (const { data } of reader.records()) {
    const value: unknown = JSON.parse(data)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { fields: [], isWhole: false }
    }
    for (const name of Object.keys(value)) fields.add(name)
    if (fields.size > maxFields) return { fields: [], isWhole: false }
  }
  return { fields: [...fields], isWhole: fields.size > 0 }
}

/** Lists and records in a cell are JSON. */
function cellOf(value: unknown): string | number | boolean | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  return value === undefined || value === null ? null : JSON.stringify(value)
}
