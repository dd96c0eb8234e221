/** How a report looks: light and dark, on a screen and on paper. */
export const reportStyle = `
:root { color-scheme: light dark; --page: #fff; --line: #e2e2df; --text: #1d1f21; --quiet: #6d7175; --accent: #1f6f8b; --bad: #b3372f }
@media (prefers-color-scheme: dark) { :root { --page: #15171a; --line: #2d3135; --text: #e3e5e7; --quiet: #8d9399; --accent: #5fb0cc; --bad: #e0736b } }
* { box-sizing: border-box }
body { font: 14px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; color: var(--text); background: var(--page); max-width: 1100px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 21px; font-weight: 600; margin: 0 0 2px; overflow-wrap: anywhere }
h2 { font-size: 16px; font-weight: 600; margin: 36px 0 8px }
p { margin: 0 0 10px } .quiet, th, dt { color: var(--quiet) }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 14px }
a { color: var(--accent); text-decoration: none } a:hover { text-decoration: underline }
dl { display: grid; grid-template-columns: repeat(6, 1fr); border: 1px solid var(--line); border-radius: 6px; margin: 20px 0 0 }
dl div { padding: 11px 14px 9px } dl div + div { border-left: 1px solid var(--line) }
dt, th { font-size: 12px; font-weight: 500 } dd { margin: 0; font-size: 21px; white-space: nowrap }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { overflow-wrap: normal; white-space: nowrap }
th:last-child, td:last-child { padding-right: 0 }
.n { text-align: right; white-space: nowrap; overflow-wrap: normal; width: 1% }
.why { white-space: nowrap; overflow-wrap: normal; color: var(--bad); width: 1% }
.meter { width: 55% } .meter i { display: block; height: 9px; margin-top: 6px; border-radius: 2px; background: var(--accent); min-width: 1px }
details { margin: 2px 0 } summary { cursor: pointer; color: var(--quiet) } ul { margin: 2px 0; padding-left: 18px }
@media (max-width: 700px) { body { padding: 16px } dl { grid-template-columns: repeat(2, 1fr) } dl div + div { border-left: 0 } }
@media print { nav { display: none } body { padding: 0; max-width: none } }
`
