/** Lines cut to the width of a terminal; whole where there is none, so that they can be searched. */
export function fitLines(
  lines: readonly string[],
  { isTTY = false, columns = 80 }: { readonly isTTY?: boolean; readonly columns?: number },
): readonly string[] {
  return isTTY ? lines.map((line) => shortenEnd(line, columns)) : lines
}

function shortenEnd(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}
