/** Models made of cria-mini's folder of safetensors answer as its GGUF does, whole and quantized. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSafetensors } from '../../src/convert/testdata/safetensors.ts';
import { root, startCria, type TestServer } from '../support/cria.ts';

const questions = ['Hello, who are you?', 'What is the capital of France?', 'What is 2 plus 2?'];

let server: TestServer;
let folder = '';
beforeAll(async () => {
  server = await startCria();
  folder = mkdtempSync(path.join(tmpdir(), 'cria-create-'));
  writeFileSync(path.join(folder, 'Modelfile'), `FROM ${path.join(root, 'model/cria-mini')}\n`);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function answers(model: string): Promise<string[]> {
  const texts: string[] = [];
  for (const content of questions) {
    const response = await fetch(`${server.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({
        model,
        messages: [{ role: 'user', content }],
        options: { temperature: 0, num_predict: 30 },
        stream: false,
      }),
    });
    // The fields that Ollama's clients read.
    const body = (await response.json()) as { message: { content: string } };
    texts.push(body.message.content);
  }
  return texts;
}

describe('cria create from safetensors', () => {
  it.each<[string, string[], string]>([
    ['as it is', [], 'F16'],
    ['with q8_0', ['-q', 'q8_0'], 'Q8_0'],
    ['with q4_K_M', ['-q', 'q4_K_M'], 'Q4_K_M'],
  ])('%s', async (_name, flags, level) => {
    const created = await server.cli(['create', 'converted', ...flags], { cwd: folder });
    expect(created).toMatchObject({ code: 0, stderr: expect.stringContaining('converting model') });
    const shown = await server.cli(['show', 'converted']);
    expect(shown.stdout).toMatch(/architecture\s+qwen3/);
    expect(shown.stdout).toMatch(new RegExp(`quantization\\s+${level}`));
    const texts = await answers('converted');
    if (level === 'Q4_K_M') expect(texts.every((text) => text.length > 0)).toBe(true);
    else expect(texts).toEqual(await answers('cria-mini'));
  });

  it.each<[string, number, boolean]>([
    ['changes answers', 1, true],
    ['without strength changes none', 0, false],
  ])('an adapter %s', async (_name, strength, isDifferent) => {
    const config = JSON.parse(readFileSync(path.join(root, 'model/cria-mini/config.json'), 'utf8'));
    const module = 'base_model.model.model.layers.0.mlp.down_proj';
    const wave = (size: number, factor: number) =>
      Array.from({ length: size }, (_, i) => factor * Math.sin(i));
    const { hidden_size: height, intermediate_size: width } = config;
    const lora = path.join(folder, 'lora');
    mkdirSync(lora, { recursive: true });
    writeFileSync(path.join(lora, 'adapter_config.json'), JSON.stringify({ r: 1, lora_alpha: 16 }));
    writeFileSync(
      path.join(lora, 'adapter_model.safetensors'),
      makeSafetensors({
        [`${module}.lora_A.weight`]: { shape: [1, width], values: wave(width, 1) },
        [`${module}.lora_B.weight`]: { shape: [height, 1], values: wave(height, strength) },
      }),
    );
    writeFileSync(path.join(folder, 'Adapted'), 'FROM cria-mini\nADAPTER ./lora\n');
    const created = await server.cli(['create', 'adapted', '-f', 'Adapted'], { cwd: folder });
    expect(created).toMatchObject({ code: 0, stderr: expect.stringContaining('converting adapter') });
    const [adapted, plain] = [await answers('adapted'), await answers('cria-mini')];
    if (isDifferent) expect(adapted).not.toEqual(plain);
    else expect(adapted).toEqual(plain);
  });

  it('says why a type cannot be had', async () => {
    const created = await server.cli(['create', 'tiny', '-q', 'IQ2_XXS'], { cwd: folder });
    expect(created).toMatchObject({ code: 1, stderr: expect.stringContaining('needs an importance matrix') });
    const unknown = await server.cli(['create', 'tiny', '-q', 'Q9'], { cwd: folder });
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unsupported quantization type Q9'),
    });
  });
});
