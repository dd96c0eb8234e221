import type { Readable } from 'node:stream'

/** Who is told what happens to a stream. */
export interface StreamReader {
  arrived(): void
  ended(): void
  brokeOff(error?: Error): void
}

/** What a reader is part of. */
export interface ReaderOwner {
  /** Makes the error thrown when the stream breaks off, with or without an error of its own. */
  broken(error: Error | undefined): Error | undefined
  /** The stream has ended, failed or closed. */
  changed(): void
}

const READER = Symbol('reader')
/** Knows its reader, so that all share their listeners: closures of its own weigh much on an idle connection. */
type Source = Readable & { [READER]: StreamReader }

function arrived(this: Source): void {
  this[READER].arrived()
}

function ended(this: Source): void {
  this[READER].ended()
}

function brokeOff(this: Source, error?: Error): void {
  this[READER].brokeOff(error)
}

/** Tells the reader of the stream's end; of what arrives, after `listenForBytes`. */
export function listen(source: Readable, reader: StreamReader): void {
  ;(source as Source)[READER] = reader
  source.on('end', ended)
  source.on('close', brokeOff)
  source.on('error', brokeOff)
}

export function listenForBytes(source: Readable): void {
  source.on('readable', arrived)
}

export function listenForNoBytes(source: Readable): void {
  source.off('readable', arrived)
}

/** Of an error it is told still: without any listener it would end the program. */
export function unlisten(source: Readable): void {
  source.off('readable', arrived).off('end', ended).off('close', brokeOff)
}
