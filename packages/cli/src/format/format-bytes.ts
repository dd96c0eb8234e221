const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `1536` as `1.5 kB`: three digits at most, by 1024. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 1023.6 kB would be shown as 1024 kB: rounding may lift a value to the next unit.
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toFixed(digits)} ${units[unit]}`
}
