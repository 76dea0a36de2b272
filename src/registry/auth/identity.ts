/** The key pair that this machine signs its token requests with: `~/.ollama/id_ed25519`, made on first need. */
import { generateKeyPairSync, type KeyObject, randomInt, sign } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../log.ts';
import { isMissing, readBounded } from '../../store/files.ts';
import { decodePrivateKey, encodePrivateKey, publicKeyBlob } from './openssh-key.ts';

export interface Identity {
  /** `<public key>:<signature>`, both base64: Ollama's form of a signature over `text`. */
  signature(text: string): Promise<string>;
}

const maxKeyBytes = 64 * 1024;

/** `directory`: `~/.ollama`. Nothing is read or written before a signature is asked for. */
export function createIdentity(directory: string, log: Logger): Identity {
  const file = path.join(directory, 'id_ed25519');
  let key: Promise<KeyObject> | undefined;

  async function load(): Promise<KeyObject> {
    try {
      return decodePrivateKey((await readBounded(file, maxKeyBytes)).toString('latin1'));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519');
    if (!(await createOnce(file, encodePrivateKey(privateKey), 0o600))) return load(); // another process was faster
    const publicLine = `ssh-ed25519 ${publicKeyBlob(privateKey).toString('base64')}`;
    await createOnce(`${file}.pub`, `${publicLine}\n`, 0o644);
    log.info('made a new key pair for registries', { path: file, publicKey: publicLine });
    return privateKey;
  }

  return {
    signature: async (text) => {
      key ??= load();
      const privateKey = await key.catch((error: unknown) => {
        key = undefined; // the next request may find it mended
        throw error;
      });
      const signed = sign(null, Buffer.from(text), privateKey);
      return `${publicKeyBlob(privateKey).toString('base64')}:${signed.toString('base64')}`;
    },
  };
}

/** Writes a whole file unless there is one; returns whether it did. */
async function createOnce(file: string, text: string, mode: number): Promise<boolean> {
  const temporary = `${file}.${randomInt(2 ** 47)}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(temporary, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}
