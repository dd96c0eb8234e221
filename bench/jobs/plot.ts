/** A group of bars: engines by their figure. */
export interface Bars {
  readonly title: string
  readonly figures: readonly (readonly [name: string, value: number])[]
}

const [width, left, bar] = [900, 190, 14]

/** Rates as bars on one axis each, self-contained SVG. */
export function plot(groups: readonly Bars[]): string {
  let y = 44
  const parts: string[] = []
  for (const { title, figures } of groups) {
    const most = Math.max(...figures.map(([, value]) => value))
    parts.push(`<text x="12" y="${y + 11}" class="title">${title}</text>`)
    y += 22
    for (const [name, value] of figures.toSorted(([, a], [, b]) => b - a)) {
      const long = (value / most) * (width - left - 90)
      parts.push(
        `<text x="${left - 8}" y="${y + 11}" class="name">${name}</text>`,
        `<rect x="${left}" y="${y}" width="${long.toFixed(1)}" height="${bar}" rx="2" class="${name.startsWith('corral') ? 'ours' : 'peer'}"/>`,
        `<text x="${(left + long + 6).toFixed(1)}" y="${y + 11}" class="value">${Math.round(value).toLocaleString('en')}</text>`,
      )
      y += bar + 4
    }
    y += 14
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="12">
<style>.title{font-weight:600;fill:#1f2430}.name{text-anchor:end;fill:#4a5263}.value{fill:#4a5263;font-size:11px}.ours{fill:#2563c9}.peer{fill:#e0a458}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="26" font-size="16" font-weight="600" fill="#1f2430">Jobs a second, more is better</text>
${parts.join('\n')}
</svg>
`
}
