// Preloaded into a worker: its clock is set an hour forth or back, by CLOCK in milliseconds, two seconds after it began.
const real = Date.now.bind(Date)
const begun = real()
Date.now = () => real() + (real() - begun > 2000 ? Number(process.env['CLOCK']) : 0)
