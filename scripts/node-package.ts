/** The npm package with the binary of a major version of Node for this platform: the one that the `node` package would pick. */
export function nodePackage(major: string): string {
  const { platform, arch } = process
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}@${major}`
}
