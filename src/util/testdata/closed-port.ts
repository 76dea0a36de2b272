/** A port of 127.0.0.1 that refuses connections for certain: a low number may be anybody's, and one that was free a moment ago, too. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

let known: Promise<number> | undefined;

/** One for this process. Nobody else can listen there meanwhile, since it is the near end of a connection. */
export function closedPort(): Promise<number> {
  known ??= hold();
  return known;
}

async function hold(): Promise<number> {
  const server = createServer((far) => far.unref());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(near, 'connect');
  near.unref();
  server.unref();
  const { localPort } = near;
  if (localPort === undefined) throw new Error('a connection without a port');
  return localPort;
}
