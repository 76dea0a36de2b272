import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../log.ts';
import { createIdentity } from './identity.ts';
import { decodePrivateKey, encodePrivateKey, publicKeyBlob } from './openssh-key.ts';

/** Made by ssh-keygen for this test. */
const known = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDNgXHCvrUGYhljtxedGWpgIEyFCoAj+lZtjcyGfgGnewAAAIhZ3fzfWd38
3wAAAAtzc2gtZWQyNTUxOQAAACDNgXHCvrUGYhljtxedGWpgIEyFCoAj+lZtjcyGfgGnew
AAAEDLgl/zOMgMyi/Z7krNh9rvANpkYyJ25rrPyhkM60CgFM2BccK+tQZiGWO3F50ZamAg
TIUKgCP6Vm2NzIZ+Aad7AAAAAAECAwQF
-----END OPENSSH PRIVATE KEY-----
`;
const knownPublic = 'AAAAC3NzaC1lZDI1NTE5AAAAIM2BccK+tQZiGWO3F50ZamAgTIUKgCP6Vm2NzIZ+Aad7';

describe('OpenSSH keys', () => {
  it('reads what ssh-keygen writes', () => {
    expect(publicKeyBlob(decodePrivateKey(known)).toString('base64')).toBe(knownPublic);
  });

  it('writes what ssh-keygen writes, but for the random check bytes', () => {
    const fields = (text: string): Buffer => {
      const bytes = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
      const check = bytes.length - 136;
      return Buffer.concat([bytes.subarray(0, check), Buffer.alloc(8), bytes.subarray(check + 8)]);
    };
    const written = encodePrivateKey(decodePrivateKey(known));
    expect(fields(written)).toEqual(fields(known));
    expect(written.split('\n')[0]).toBe(known.split('\n')[0]);
  });

  it('reads its own keys back', () => {
    for (let i = 0; i < 20; i++) {
      const { privateKey } = generateKeyPairSync('ed25519');
      expect(decodePrivateKey(encodePrivateKey(privateKey)).equals(privateKey)).toBe(true);
    }
  });

  it('refuses anything else without harm', () => {
    const body = Buffer.from(known.split('\n').slice(1, -2).join(''), 'base64');
    const wrap = (bytes: Buffer): string =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    for (let length = 0; length < body.length - 8; length++)
      expect(() => decodePrivateKey(wrap(body.subarray(0, length)))).toThrow('private key cannot be used');
    for (const text of ['', 'x', '-----BEGIN RSA PRIVATE KEY-----'])
      expect(() => decodePrivateKey(text)).toThrow('no OpenSSH private key');
    const encrypted = Buffer.from(body);
    encrypted.write('bcry', 19);
    expect(() => decodePrivateKey(wrap(encrypted))).toThrow('passphrase');
  });
});

describe('the identity', () => {
  async function home(): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'cria-key-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    return path.join(directory, 'state');
  }

  it('makes one key pair, readable by its owner only, and signs with it', async () => {
    const directory = await home();
    const [a, b] = await Promise.all(
      [createIdentity(directory, silentLogger), createIdentity(directory, silentLogger)].map((identity) =>
        identity.signature('GET,https://h/token,x'),
      ),
    );
    expect(a).toBe(b);
    const [publicKey = '', signature = ''] = (a ?? '').split(':');
    const privateKey = decodePrivateKey(await readFile(path.join(directory, 'id_ed25519'), 'utf8'));
    expect(publicKeyBlob(privateKey).toString('base64')).toBe(publicKey);
    const isRight = verify(
      null,
      Buffer.from('GET,https://h/token,x'),
      createPublicKey(privateKey),
      Buffer.from(signature, 'base64'),
    );
    expect(isRight).toBe(true);
    expect((await stat(path.join(directory, 'id_ed25519'))).mode & 0o777).toBe(0o600);
    expect(await readFile(path.join(directory, 'id_ed25519.pub'), 'utf8')).toBe(`ssh-ed25519 ${publicKey}\n`);
  });

  it('leaves a key alone that it cannot use', async () => {
    const directory = await home();
    const identity = createIdentity(path.dirname(directory), silentLogger);
    const file = path.join(path.dirname(directory), 'id_ed25519');
    await writeFile(file, 'mine');
    await expect(identity.signature('x')).rejects.toMatchObject({ code: 'bad_request' });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});
