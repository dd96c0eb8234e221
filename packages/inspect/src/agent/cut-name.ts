/** A name as it is told: one of a megabyte by its beginning. Its source is sent to other processes: it names nothing outside. */
export function cutName(name: string): string {
  return name.length > 200 ? `${name.slice(0, 199)}…` : name
}
