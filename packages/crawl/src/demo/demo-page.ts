/** Chapters of the demo site, and pages in each. */
export const demoChapters: number = 12
export const demoPagesPerChapter: number = 25

const words = (
  'gate fence pasture herd lasso saddle trail creek barn hay rope brand stable canyon prairie dust wagon ' +
  'spur river ridge cattle horse ranch rider dawn'
).split(' ')

/** A link of a page: where to and what it says. */
export type DemoLink = readonly [href: string, text: string]

/** The start page: every chapter, and every odd corner of the site. */
export function demoIndex(corners: readonly DemoLink[]): string {
  const chapters = Array.from({ length: demoChapters }, (_, index): DemoLink => [
    `/chapter/${index + 1}/`,
    `Chapter ${index + 1}`,
  ])
  return demoHtml('The Corral Handbook', 'Every chapter, and every odd corner.', [
    ...chapters,
    ...corners,
  ])
}

/** The table of contents of a chapter; `undefined` when there is none of that number. */
export function demoChapter(chapter: number): string | undefined {
  if (!(chapter >= 1 && chapter <= demoChapters)) return undefined
  const pages = Array.from({ length: demoPagesPerChapter }, (_, index): DemoLink => [
    `page-${index + 1}.html`,
    `Page ${index + 1}`,
  ])
  const following = (chapter % demoChapters) + 1
  return demoHtml(`Chapter ${chapter}`, prose(chapter), [
    ...pages,
    [`/chapter/${following}/`, `Chapter ${following}`],
  ])
}

/** A page of a chapter; `undefined` when there is none of that number. */
export function demoPage(chapter: number, page: number): string | undefined {
  if (!(chapter >= 1 && chapter <= demoChapters)) return undefined
  if (!(page >= 1 && page <= demoPagesPerChapter)) return undefined
  const links: DemoLink[] = [['./', `Chapter ${chapter}`]]
  if (page > 1) links.push([`page-${page - 1}.html`, 'Back'])
  if (page < demoPagesPerChapter) links.push([`page-${page + 1}.html#top`, 'Next'])
  const other = ((chapter * 5 + page) % demoChapters) + 1
  links.push([
    `/chapter/${other}/page-${((page * 7) % demoPagesPerChapter) + 1}.html?ref=x`,
    'See also',
  ])
  links.push([`/chapter/${other}/page-${((page * 11) % demoPagesPerChapter) + 1}.html`, 'And this'])
  return demoHtml(`Chapter ${chapter}, page ${page}`, prose(chapter * 100 + page), links)
}

/** An HTML page of the site. */
export function demoHtml(title: string, text: string, links: readonly DemoLink[] = []): string {
  const list = links.map(([href, label]) => `<li><a href="${href}">${label}</a></li>`).join('\n')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
<nav><a href="/">The Corral Handbook</a></nav>
<h1 id="top">${title}</h1>
<p>${text}</p>
<ul>
${list}
</ul>
</body>
</html>
`
}

/** The same words for the same number, always. */
function prose(seed: number): string {
  let state = seed * 2_654_435_761
  return Array.from({ length: 120 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return words[(state >>> 8) % words.length]
  }).join(' ')
}
