/** One line for each request that has ended. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger, LogLevel } from '../log.ts';
import { status } from './errors.ts';

/** What monitors ask for every few seconds; worth a line only to those who debug. */
const healthPaths = new Set(['/', '/api/version']);

/** Writes the line when the connection is done with the answer, complete or not. */
export function logWhenDone(log: Logger, request: FastifyRequest, { raw: response }: FastifyReply): void {
  const startedAt = performance.now();
  const { method, url } = request;
  const client = request.raw.socket.remoteAddress;
  response.once('close', () => {
    const path = url.split('?', 1)[0] ?? '';
    const isComplete = response.writableFinished;
    const code = isComplete ? response.statusCode : status.clientClosed;
    const level = isComplete ? levelOf(request, path) : 'info';
    const duration = formatDuration(performance.now() - startedAt);
    log[level]('request', { method, path, status: code, duration, client, ...request.notes });
  });
}

function levelOf({ notes }: FastifyRequest, path: string): Exclude<LogLevel, 'silent'> {
  if (notes.stack !== undefined) return 'error';
  if (notes.error !== undefined) return 'warn';
  return healthPaths.has(path) ? 'debug' : 'info';
}

function formatDuration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)}ms` : `${(ms / 1000).toFixed(2)}s`;
}
