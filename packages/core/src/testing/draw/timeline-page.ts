import { escapeHtml } from './escape-html.ts'
import { drawTimeline } from './timeline-drawing.ts'
import type { Timeline } from './timeline.ts'

export interface PageFacts {
  readonly title: string
  /** The wait report, or what was left over; may be empty. */
  readonly report: string
  /** What is out of the ordinary when it fails, in a sentence. */
  readonly takes: string
  /** How it was found, in a sentence. */
  readonly found: string
  readonly replay: string
  /** Where the calls are made, a line each; may be empty. */
  readonly where: string
}

/** A page that needs nothing else: the failing run as a drawing, and beside it the run first come, first served. */
export function timelinePage(
  failing: Timeline,
  fifo: Timeline | undefined,
  facts: PageFacts,
): string {
  const tabs = [
    { id: 'failing', name: 'The schedule that fails', timeline: failing },
    ...(fifo === undefined
      ? []
      : [{ id: 'fifo', name: 'First come, first served: passes', timeline: fifo }]),
  ]
  const inputs = tabs.map(
    ({ id, name }, i) =>
      `<input type="radio" name="tab" id="${id}"${i === 0 ? ' checked' : ''}><label for="${id}">${name}</label>`,
  )
  const sections = tabs.map(
    ({ id, timeline }) => `<section class="${id}">${drawTimeline(timeline)}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(facts.title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(facts.title)}</h1>
<p class="takes">${escapeHtml(facts.takes)}</p>
<p class="soft">${escapeHtml(facts.found)} Run it again: <code>explore(main, { replay: '${escapeHtml(facts.replay)}' })</code></p>
${facts.report === '' ? '' : `<pre>${escapeHtml(facts.report)}</pre>`}
</header>
<main>
${inputs.join('\n')}
<ul class="legend">
<li><svg width="14" height="14"><circle class="dot" cx="7" cy="7" r="5"/></svg> a task goes on: what it had waited for → <b>what it waits for next</b></li>
<li><svg width="14" height="14"><line class="late" x1="7" y1="0" x2="7" y2="14"/></svg> it could go on, but was slow; others went first</li>
<li><svg width="22" height="14"><path class="arrow" d="M1 7H21"/></svg> who else made it go on</li>
</ul>
${sections.join('\n')}
${facts.where === '' ? '' : `<h2>Where the calls are</h2>\n<pre>${escapeHtml(facts.where)}</pre>`}
</main>
</body>
</html>
`
}

const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #6b7280; --line: #d4d8de; --paper: #fff; --band: #f6f7f9; --late: #c2410c; --bad: #b91c1c; --dot: #2563eb }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa3af; --line: #3a414b; --paper: #14171b; --band: #1b1f25; --late: #fb923c; --bad: #f87171; --dot: #60a5fa } }
body { margin: 0; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif }
header, main { padding: 0 24px }
h1 { font-size: 20px; margin: 24px 0 8px; overflow-wrap: anywhere }
h2 { font-size: 16px }
p { margin: 4px 0 }
.takes { font-size: 16px; border-left: 4px solid var(--late); padding-left: 10px; margin: 10px 0 }
p.soft { color: var(--soft) }
code, pre, svg text { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px }
code { background: var(--band); padding: 2px 6px; border-radius: 4px; user-select: all }
pre { background: var(--band); padding: 12px 16px; border-radius: 6px; overflow-x: auto }
main > input { position: absolute; opacity: 0 }
main > label { display: inline-block; margin: 16px 8px 0 0; padding: 6px 14px; border: 1px solid var(--line); border-radius: 6px; cursor: pointer }
main > input:checked + label { background: var(--ink); color: var(--paper); border-color: var(--ink) }
main > input:focus-visible + label { outline: 2px solid var(--dot); outline-offset: 2px }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 24px; padding: 0; color: var(--soft) }
.legend svg { vertical-align: -2px }
section { display: none; overflow-x: auto; padding-bottom: 32px }
#failing:checked ~ .failing, #fifo:checked ~ .fifo { display: block }
svg text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round }
svg .soft { font-weight: 400; fill: var(--soft) }
svg .name { font-weight: 700 }
svg .next { font-weight: 600 }
svg .bad { fill: var(--bad); font-weight: 600 }
svg .tardy { fill: var(--late); font-weight: 600 }
.lane { stroke: var(--line); stroke-width: 2 }
.band { fill: var(--band) }
.dot { fill: var(--dot) }
.dot.tardy { fill: var(--late) }
.dot.bad { fill: var(--bad) }
.late { stroke: var(--late); stroke-width: 4; stroke-dasharray: 2 3 }
.arrow { stroke: var(--soft); stroke-width: 1.2; fill: none; opacity: .55 }
.cut { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 4 }
.jump { stroke: var(--line); stroke-dasharray: 2 4 }
`
