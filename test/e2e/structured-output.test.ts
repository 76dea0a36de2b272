/** Structured output through the real server: what the model writes satisfies an independent validator. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arbitrarySchema } from '../../src/grammar/testdata/arbitrary-schema.ts';
import { post, startCria, type TestServer } from '../support/cria.ts';

let server: TestServer;
let ollama: Ollama;
beforeAll(async () => {
  server = await startCria();
  ollama = new Ollama({ host: server.url });
});
afterAll(() => server.stop());

const nSchemas = 500;

it('writes what each of 500 random schemas allows', { timeout: 300_000 }, async () => {
  const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9, validateFormats: false });
  /** The validator runs in circles on definitions that refer to each other only; undefined then. */
  const compile = (schema: object): ValidateFunction | undefined => {
    try {
      return ajv.compile(schema);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  };
  // Some random schemas allow nothing, or more than a grammar can keep; they are refused, and more are drawn.
  const schemas = fc.sample(arbitrarySchema, { seed: 7, numRuns: 1_500 });
  let nAnswered = 0;
  let next = 0;
  const wrong: string[] = [];
  const work = async (): Promise<void> => {
    while (nAnswered < nSchemas && next < schemas.length) {
      const schema = schemas[next++];
      if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) continue;
      const answer = await post(server, '/api/generate', {
        model: 'cria-mini',
        prompt: 'Answer as JSON.',
        think: false,
        stream: false,
        format: schema,
        options: { temperature: 1, seed: next, num_predict: 160 },
      });
      if (answer.status === 400) continue;
      expect(answer.status, answer.text).toBe(200);
      // A model may go on writing a string without a bound for ever.
      if (answer.json.done_reason !== 'stop') continue;
      const validate = compile(schema);
      if (validate === undefined) continue;
      nAnswered++;
      const text = String(answer.json.response);
      if (!validate(JSON.parse(text))) wrong.push(`${JSON.stringify(schema)}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(wrong).toEqual([]);
  expect(nAnswered).toBeGreaterThanOrEqual(nSchemas);
});

describe('format', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 20 },
      age: { type: 'integer', minimum: 0, maximum: 150 },
    },
    required: ['name', 'age'],
    additionalProperties: false,
  };
  const messages = [{ role: 'user', content: 'Give me a JSON object with a name and an age.' }];
  const options = { temperature: 0, num_predict: 200 };

  it('holds behind a thought', async () => {
    const { message } = await ollama.chat({
      model: 'cria-mini',
      messages,
      think: true,
      format: schema,
      options,
    });
    expect(message.thinking?.length).toBeGreaterThan(0);
    expect(new Ajv2020().validate(schema, JSON.parse(message.content))).toBe(true);
  });

  it('is any JSON object for "json"', async () => {
    const { message } = await ollama.chat({ model: 'cria-mini', messages, format: 'json', options });
    expect(JSON.parse(message.content)).toBeTypeOf('object');
  });

  it('can be a GBNF grammar', async () => {
    const grammar = 'root ::= "yes" | "no"';
    const { response } = await ollama.generate({
      model: 'cria-mini',
      prompt: 'Is water wet?',
      think: false,
      format: { type: 'gbnf', grammar },
      options,
    });
    expect(['yes', 'no']).toContain(response);
  });

  it('keeps the calls of a tool to its schema', async () => {
    const tool = (city: object): object => ({
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'Get the current weather for a city',
        parameters: { type: 'object', required: ['city'], properties: { city } },
      },
    });
    const question = [{ role: 'user', content: 'What is the weather in Berlin?' }];
    const ask = async (city: object): Promise<unknown> => {
      const { json } = await post(server, '/api/chat', {
        model: 'cria-mini',
        messages: question,
        tools: [tool(city)],
        think: false,
        stream: false,
        options,
      });
      return json.message.tool_calls[0]?.function.arguments;
    };
    expect(await ask({ type: 'string' })).toEqual({ city: 'Berlin' });
    // The model would write Berlin; the tool does not know it.
    expect(await ask({ type: 'string', enum: ['Paris', 'Rome'] })).toMatchObject({
      city: expect.stringMatching(/^(Paris|Rome)$/),
    });
  });
});
