/**
 * The program of a test: its body, with the context of the framework. Workers load it by its name from
 * `module`, so it is the body itself then, without a context.
 */
export function mainOf<Context>(
  body: (context: Context) => unknown,
  context: Context,
  options: { readonly module?: unknown } | undefined,
): () => unknown {
  return options?.module === undefined ? () => body(context) : (body as () => unknown)
}
