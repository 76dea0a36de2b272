/** Ed25519 keys in OpenSSH's text formats (PROTOCOL.key of OpenSSH). */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { CriaError } from '../../errors.ts';

const magic = Buffer.from('openssh-key-v1\0');
const keyType = 'ssh-ed25519';
const seedBytes = 32;
const begin = '-----BEGIN OPENSSH PRIVATE KEY-----';
const end = '-----END OPENSSH PRIVATE KEY-----';

/** The binary public key: what stands, in base64, in the second field of a `.pub` file. */
export function publicKeyBlob(privateKey: KeyObject): Buffer {
  return Buffer.concat([field(keyType), field(rawPublic(privateKey))]);
}

/** Without a passphrase and without a comment. */
export function encodePrivateKey(privateKey: KeyObject): string {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const publicBytes = rawPublic(privateKey);
  const check = randomBytes(4);
  const secret = [
    check,
    check,
    field(keyType),
    field(publicBytes),
    field(Buffer.concat([Buffer.from(d, 'base64url'), publicBytes])),
    field(''),
  ];
  const length = secret.reduce((sum, part) => sum + part.length, 0);
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, i) => i + 1));
  const bytes = Buffer.concat([
    magic,
    field('none'),
    field('none'),
    field(''),
    uint32(1),
    field(publicKeyBlob(privateKey)),
    field(Buffer.concat([...secret, padding])),
  ]);
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [];
  return `${begin}\n${lines.join('\n')}\n${end}\n`;
}

/** Throws `bad_request` for anything but an Ed25519 key without a passphrase. */
export function decodePrivateKey(text: string): KeyObject {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/.exec(
    text,
  )?.[1];
  if (body === undefined) throw unusable('it is no OpenSSH private key');
  const reader = new FieldReader(Buffer.from(body, 'base64'));
  if (!reader.take(magic.length).equals(magic)) throw unusable('it is no OpenSSH private key');
  const cipher = reader.field().toString('latin1');
  reader.field(); // key derivation
  reader.field(); // and its options
  if (cipher !== 'none') throw unusable('it has a passphrase');
  if (reader.uint32() !== 1) throw unusable('it holds more than one key');
  reader.field(); // the public key, which follows from the private one
  const secret = new FieldReader(reader.field());
  const [check, checkAgain] = [secret.uint32(), secret.uint32()];
  if (check !== checkAgain) throw unusable('it is damaged');
  if (secret.field().toString('latin1') !== keyType) throw unusable('it is no Ed25519 key');
  const publicBytes = secret.field();
  const pair = secret.field();
  if (publicBytes.length !== seedBytes || pair.length !== 2 * seedBytes) throw unusable('it is damaged');
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      x: publicBytes.toString('base64url'),
      d: pair.subarray(0, seedBytes).toString('base64url'),
    },
  });
}

function rawPublic(privateKey: KeyObject): Buffer {
  return Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url');
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads length-prefixed fields, never beyond the end. */
class FieldReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#position) throw unusable('it is damaged');
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  field(): Buffer {
    return this.take(this.uint32());
  }
}

function unusable(why: string): CriaError {
  return new CriaError('bad_request', `the private key cannot be used: ${why}`);
}
