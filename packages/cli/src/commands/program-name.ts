/** How this program is called by somebody who repeats what is printed. */
export const programName: string = import.meta.url.endsWith('.ts')
  ? 'npm run -s corral --' // from a checkout, where nothing is built
  : 'corral'
