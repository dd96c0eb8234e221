export const never: unknown = await new Promise(() => setInterval(() => {}, 1000))
