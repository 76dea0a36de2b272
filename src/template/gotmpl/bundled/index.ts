/** Finds the bundled Go template of a model by the Jinja template in its GGUF. */
import { chatml } from './chatml.ts';
import { codellama70bInstruct } from './codellama-70b-instruct.ts';
import { commandR } from './command-r.ts';
import { editDistanceBelow } from './edit-distance.ts';
import { gemmaInstruct } from './gemma-instruct.ts';
import { gemma3Instruct } from './gemma3-instruct.ts';
import { graniteInstruct } from './granite-instruct.ts';
import { llama2Chat } from './llama2-chat.ts';
import { llama3Instruct } from './llama3-instruct.ts';
import { magicoder } from './magicoder.ts';
import { mistralInstruct } from './mistral-instruct.ts';
import type { NamedTemplate } from './named-template.ts';
import { openchat } from './openchat.ts';
import { phi3 } from './phi-3.ts';
import { solarInstruct } from './solar-instruct.ts';
import { starcoder2Instruct } from './starcoder2-instruct.ts';
import { zephyr } from './zephyr.ts';

export const bundledTemplates: readonly NamedTemplate[] = [
  chatml,
  codellama70bInstruct,
  commandR,
  gemmaInstruct,
  gemma3Instruct,
  graniteInstruct,
  llama2Chat,
  llama3Instruct,
  magicoder,
  mistralInstruct,
  openchat,
  phi3,
  solarInstruct,
  starcoder2Instruct,
  zephyr,
];

export interface DetectedTemplate {
  readonly name: string;
  /** Go template. */
  readonly template: string;
  /** Stop strings of the family. */
  readonly stop: readonly string[];
}

/** Fingerprints that differ in this many characters or more are another template (Ollama's bound). */
const distanceLimit = 100;

/** The bundled template whose fingerprint is nearest to a model's `tokenizer.chat_template`, if one is near enough. */
export function detectTemplate(chatTemplate: string): DetectedTemplate | undefined {
  let nearest: NamedTemplate | undefined;
  let limit = distanceLimit;
  for (const candidate of bundledTemplates) {
    for (const fingerprint of candidate.fingerprints) {
      const distance = editDistanceBelow(chatTemplate, fingerprint, limit);
      if (distance === undefined) continue;
      nearest = candidate;
      limit = distance;
      if (distance === 0) break;
    }
  }
  return nearest && { name: nearest.name, template: nearest.template, stop: nearest.stop };
}
