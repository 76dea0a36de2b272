/** Exchanges a registry's challenge for a token, by Ollama's signed request. */
import { createHash, randomBytes } from 'node:crypto';
import type { CriaError } from '../../errors.ts';
import { upstreamError } from '../failure.ts';
import { limits } from '../settings.ts';
import { readBody, statusError } from '../transport/body.ts';
import type { Transport } from '../transport/transport.ts';
import type { Challenge } from './challenge.ts';
import type { Identity } from './identity.ts';

export interface TokenDeps {
  readonly transport: Transport;
  readonly identity: Identity;
  /** Seconds since the epoch. */
  readonly nowSeconds?: () => number;
}

/** base64 of the hexadecimal sha256 of an empty body. */
const emptyBodyHash = Buffer.from(createHash('sha256').digest('hex')).toString('base64');

/**
 * `challenged`: the URL that was refused. The token is fetched from the same host only: a registry must not be able to have
 * requests signed for another one.
 */
export async function fetchToken(
  { transport, identity, nowSeconds = () => Math.floor(Date.now() / 1000) }: TokenDeps,
  challenge: Challenge,
  challenged: URL,
  signal: AbortSignal,
): Promise<string> {
  const url = tokenUrl(challenge, challenged, nowSeconds());
  const authorization = await identity.signature(`GET,${url.href},${emptyBodyHash}`);
  const answer = await transport.send({ method: 'GET', url, headers: { authorization }, signal }, true);
  // A redirect is not followed: nothing good can come of it, and the signature is for this address.
  if (answer.status >= 400) throw await statusError(answer, signal);
  const body = await readBody(answer, limits.tokenBytes, 'the token', signal);
  return tokenOf(body, url.host);
}

function tokenUrl({ realm, service, scopes }: Challenge, challenged: URL, seconds: number): URL {
  let url: URL;
  try {
    url = new URL(realm);
  } catch (error) {
    throw upstreamError(`invalid realm ${JSON.stringify(realm)}`, error);
  }
  if (url.host !== challenged.host)
    throw upstreamError(`realm host "${url.host}" does not match original host "${challenged.host}"`);
  if (url.protocol !== challenged.protocol && url.protocol !== 'https:')
    throw upstreamError(`realm ${JSON.stringify(realm)} is not encrypted`);
  url.username = '';
  url.password = '';
  const query = new URLSearchParams(url.search);
  query.set('nonce', randomBytes(16).toString('base64url'));
  for (const scope of scopes) query.append('scope', scope);
  query.set('service', service);
  query.set('ts', String(seconds));
  query.sort();
  url.search = query.toString();
  url.hash = '';
  return url;
}

function tokenOf(body: Buffer, host: string): string {
  const invalid = (cause?: unknown): CriaError => upstreamError(`${host} sent no valid token`, cause);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw invalid(error);
  }
  const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : undefined;
  // It goes into a header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw invalid();
  return token;
}
