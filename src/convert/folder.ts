/** A model folder: uploaded files under their relative names. */
import { openRegularFile } from '../gguf/open.ts';
import type { JsonObject, JsonValue } from '../types/json.ts';
import { ConfigReader, isJsonObject } from './config.ts';
import { conversionError, quoted } from './error.ts';
import { maxConfigBytes, maxIndexBytes } from './limits.ts';
import type { WeightsFile } from './safetensors/weights.ts';

export class ModelFolder {
  readonly #files: ReadonlyMap<string, string>;

  /** Relative name → path on disk. */
  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  names(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** Undefined when there is no such file. Throws `conversion_failed` for a larger one. */
  async readBytes(name: string, maxBytes: number): Promise<Buffer | undefined> {
    const path = this.#files.get(name);
    if (path === undefined) return undefined;
    const { handle, sizeBytes } = await openRegularFile(path);
    try {
      if (sizeBytes > maxBytes)
        throw conversionError(`${name} has ${sizeBytes} bytes, more than ${maxBytes}`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  }

  async readText(name: string, maxBytes: number): Promise<string | undefined> {
    return (await this.readBytes(name, maxBytes))?.toString('utf8');
  }

  /** Undefined when there is no such file. Throws `conversion_failed` when it is no JSON object. */
  async readJson(name: string, maxBytes = maxConfigBytes): Promise<ConfigReader | undefined> {
    const object = await this.readObject(name, maxBytes);
    return object === undefined ? undefined : new ConfigReader(object, name);
  }

  async readObject(name: string, maxBytes: number): Promise<JsonObject | undefined> {
    const value = await this.readValue(name, maxBytes);
    if (value === undefined) return undefined;
    if (!isJsonObject(value)) throw conversionError(`${name} is not a JSON object`);
    return value;
  }

  async readValue(name: string, maxBytes: number): Promise<JsonValue | undefined> {
    const text = await this.readText(name, maxBytes);
    if (text === undefined) return undefined;
    try {
      // JSON.parse is untyped; values are checked where they are used.
      return JSON.parse(text.replace(/^\ufeff/, '')) as JsonValue;
    } catch (error) {
      throw conversionError(`${name} is not JSON`, error);
    }
  }

  /** The files of weights beside config.json, and the index if there is one. */
  async weights(): Promise<{
    files: readonly WeightsFile[];
    index: ReadonlyMap<string, string> | undefined;
  }> {
    const index = await this.#readIndex();
    const names = index === undefined ? this.#looseWeights() : [...new Set(index.values())].toSorted();
    const files = names.map((name) => {
      const path = this.#files.get(name);
      if (path === undefined) throw conversionError(`${quoted(name)} is missing, which the index names`);
      return { name, path };
    });
    if (files.length === 0) throw conversionError('there are no safetensors files');
    return { files, index };
  }

  /** Files in folders belong to other modules; `consolidated*` is a second copy of the same weights. */
  #looseWeights(): readonly string[] {
    const all = this.names()
      .filter((name) => /^[^/]+\.safetensors$/.test(name))
      .toSorted();
    const ordinary = all.filter((name) => !name.startsWith('consolidated'));
    return ordinary.length > 0 ? ordinary : all;
  }

  async #readIndex(): Promise<ReadonlyMap<string, string> | undefined> {
    const name = 'model.safetensors.index.json';
    const map = (await this.readObject(name, maxIndexBytes))?.weight_map;
    if (map === undefined) return undefined;
    if (!isJsonObject(map)) throw conversionError(`${name}: "weight_map" must be an object`);
    return new Map(
      Object.entries(map).map(([tensor, file]) => {
        if (typeof file !== 'string' || !/^[^/\\]+\.safetensors$/.test(file))
          throw conversionError(`${name}: ${quoted(tensor)} must name a safetensors file`);
        return [tensor, file];
      }),
    );
  }
}
