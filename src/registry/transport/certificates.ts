/** Certificates of authorities that the user trusts besides those that Node knows. */
import { createPublicKey } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { Logger } from '../../log.ts';
import { readBounded } from '../../store/files.ts';

/** Bundles of whole distributions have some 250 KB. */
const maxBytes = 16 * 1024 * 1024;

/** Node's and those of `file` (PEM); undefined = Node's alone, also when the file cannot be used, which is logged. */
export async function readCertificates(file: string, log: Logger): Promise<readonly string[] | undefined> {
  if (file === '') return undefined;
  try {
    const text = (await readBounded(file, maxBytes)).toString('latin1');
    const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (found.length === 0) throw new Error('it has no certificates');
    for (const certificate of found) createPublicKey(certificate); // throws for what TLS would not take
    return [...rootCertificates, ...found];
  } catch (error) {
    log.warn('cannot use the certificates', { path: file, error });
    return undefined;
  }
}
