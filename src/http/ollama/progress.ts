/** Progress of create, pull and push on the wire. */
import type { FastifyReply } from 'fastify';
import type { Progress } from '../../library/types.ts';
import { goJson } from '../go-json.ts';
import { bareJsonType, sendJson } from '../send.ts';
import { sendStream } from '../stream.ts';

/** Lines of progress, or the last one alone. */
export async function sendProgress(
  reply: FastifyReply,
  progress: AsyncIterable<Progress>,
  isStream: boolean,
): Promise<void> {
  if (isStream) return sendStream(reply, progress, { toLine: fromProgress });
  let last: Progress = { status: '' };
  for await (const item of progress) last = item;
  sendJson(reply, fromProgress(last), { type: bareJsonType });
}

/** `completed` and `total` are left out while they are zero. */
function fromProgress({ status, digest, total, completed }: Progress): string {
  return goJson({
    status,
    digest: digest || undefined,
    total: total || undefined,
    completed: completed || undefined,
  });
}
