import type { Row } from './report.ts'

const width = 900
const bar = 14
const left = 230

/** The rows as bars on a logarithmic axis, self-contained SVG. */
export function plot(rows: readonly Row[]): string {
  const cpu = rows.filter(({ suite }) => suite.measure !== 'bytes')
  const all = cpu.flatMap(({ figures }) => figures.map(({ median }) => median))
  const [low, high] = [Math.log10(Math.min(...all)) - 0.2, Math.log10(Math.max(...all)) + 0.1]
  const x = (ns: number): number =>
    left + ((Math.log10(ns) - low) / (high - low)) * (width - left - 90)
  let y = 60
  const parts: string[] = []
  for (const { suite, figures } of cpu) {
    parts.push(`<text x="12" y="${y + 11}" class="title">${escape(suite.title)}</text>`)
    y += 20
    for (const { name, median } of figures.toSorted((a, b) => a.median - b.median)) {
      const kind = name === 'corral' ? 'ours' : name === 'floor' ? 'floor' : 'peer'
      parts.push(
        `<text x="${left - 8}" y="${y + 11}" class="name">${escape(name)}</text>`,
        `<rect x="${left}" y="${y}" width="${(x(median) - left).toFixed(1)}" height="${bar}" rx="2" class="${kind}"/>`,
        `<text x="${(x(median) + 6).toFixed(1)}" y="${y + 11}" class="value">${label(median)}</text>`,
      )
      y += bar + 4
    }
    y += 14
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 10}" font-family="system-ui, sans-serif" font-size="12">
<style>.title{font-weight:600;fill:#1f2430}.name{text-anchor:end;fill:#4a5263}.value{fill:#4a5263;font-size:11px}.ours{fill:#2563c9}.floor{fill:#b9c0cc}.peer{fill:#e0a458}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="26" font-size="16" font-weight="600" fill="#1f2430">CPU time per operation</text>
<text x="12" y="44" class="name" style="text-anchor:start">logarithmic axis, shorter is better; floor: the same by hand</text>
${parts.join('\n')}
</svg>
`
}

function label(ns: number): string {
  return ns < 1000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} us`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
