export { postgresBus } from './bus/postgres-bus.ts'
