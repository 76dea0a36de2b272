/** Whole answers, written straight to the connection. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import { noteError } from './context.ts';
import { status as http } from './errors.ts';

/** Ollama sends the second one where it had promised a stream. */
export const jsonType = 'application/json; charset=utf-8';
export const bareJsonType = 'application/json';

const worthReadingBytes = 1024 * 1024;

/** Sends JSON text, taking the reply out of Fastify's hands. */
export function sendJson(
  reply: FastifyReply,
  body: string,
  { status = http.ok, type = jsonType }: { status?: number; type?: string } = {},
): void {
  send(reply, status, type, body);
}

export function sendText(reply: FastifyReply, body: string, status: number = http.ok): void {
  send(reply, status, 'text/plain; charset=utf-8', body);
}

/** A status alone: no body, no type. */
export function sendEmpty(reply: FastifyReply, status: number = http.ok): void {
  send(reply, status, undefined, '');
}

/** `{"error": …}` with the status of what was thrown, which is also noted for the log. */
export function sendError(reply: FastifyReply, thrown: unknown, type: string = jsonType): void {
  const { status, text } = noteError(reply.request, thrown);
  send(reply, status, type, errorBody(text));
}

export function errorBody(text: string): string {
  return `{"error":${JSON.stringify(text)}}`;
}

function send(reply: FastifyReply, status: number, type: string | undefined, body: string): void {
  reply.hijack();
  const { raw: response, request } = reply;
  if (response.headersSent || response.destroyed) return;
  if (type !== undefined) response.setHeader('Content-Type', type);
  if (status !== http.noContent) response.setHeader('Content-Length', Buffer.byteLength(body));
  if (hasMuchUnread(request.raw)) response.setHeader('Connection', 'close');
  response.writeHead(status);
  response.end(body);
}

/** The rest of a body would have to be read, and thrown away, before the connection could serve again. */
function hasMuchUnread(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || Number(length) > worthReadingBytes;
}
