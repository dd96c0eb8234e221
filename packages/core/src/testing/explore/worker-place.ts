/** Whether this thread is a worker of `explore`. */
export const workerPlace: { within: boolean } = { within: false }
