/** Holds the doors between the rooms (ARCHITECTURE.md) and the walls that a search can check. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const src = path.resolve(import.meta.dirname, '../src');
const floor1 = ['types', 'errors', 'log', 'util'];

/** Room → rooms that it may import, besides itself and floor 1. */
const doors: Record<string, readonly string[]> = {
  types: [],
  errors: [],
  log: [],
  util: [],
  config: [],
  protocol: [],
  gguf: [],
  template: [],
  grammar: [],
  modelfile: [],
  output: [],
  convert: ['gguf'],
  store: ['gguf', 'template'],
  prompt: ['template', 'output'],
  runner: ['protocol'],
  scheduler: ['runner', 'store', 'gguf', 'protocol'],
  inference: ['store', 'prompt', 'template', 'grammar', 'scheduler', 'runner', 'protocol', 'output'],
  registry: ['store'],
  library: ['store', 'registry', 'modelfile', 'gguf', 'template', 'convert', 'scheduler'],
  api: [],
  http: ['inference', 'library', 'api'],
  // The store: files are linked into it, and those of other programs are read, by the user's own process.
  cli: ['api', 'modelfile', 'config', 'store'],
  native: [],
  engine: ['native', 'protocol'],
};

/** Files outside the rooms that may see several of them: the composition root and the entry point. */
const roots: Record<string, readonly string[] | 'all'> = {
  'serve.ts': 'all',
  'main.ts': ['cli', 'config'],
};

/** Single imports that go up on purpose, each with its reason. */
const exceptions = new Set([
  'cli -> serve.ts', // `cria serve` is the one command that enters the composition root
]);

interface Source {
  readonly file: string;
  readonly room: string;
  readonly text: string;
}

const sources: Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testdata'))
  .map((file) => file.replaceAll(path.sep, '/'))
  .map((file) => ({
    file,
    room: file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, ''),
    text: readFileSync(path.join(src, file), 'utf8'),
  }));

function importsOf(source: Source): { target: string; room: string }[] {
  const specifiers = [...source.text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)].map(
    (m) => m[1] ?? '',
  );
  return specifiers.map((specifier) => {
    const target = path.posix.join(path.posix.dirname(source.file), specifier);
    return {
      target,
      room: target.includes('/') ? (target.split('/')[0] ?? '') : target.replace(/\.ts$/, ''),
    };
  });
}

/** Comments may speak of anything; walls concern code. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

describe('doors between rooms', () => {
  it('knows every room', () => {
    const unknown = sources.map((s) => s.room).filter((room) => !(room in doors) && !(`${room}.ts` in roots));
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('lets imports go through known doors only', () => {
    const broken: string[] = [];
    for (const source of sources) {
      const rootDoors = roots[source.file];
      if (rootDoors === 'all') continue;
      const allowed = new Set([...(rootDoors ?? doors[source.room] ?? []), ...floor1, source.room]);
      if (floor1.includes(source.room)) for (const room of floor1) allowed.add(room);
      for (const { target, room } of importsOf(source)) {
        if (allowed.has(room) || exceptions.has(`${source.room} -> ${target}`)) continue;
        broken.push(`${source.file} imports ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('has no cycle between files', () => {
    // Types vanish when the code is compiled: two files may know each other's.
    const withoutTypes = (s: Source): Source => ({
      ...s,
      text: s.text.replaceAll(/^(?:import|export) type [^;]+;$/gm, ''),
    });
    const graph = new Map(sources.map((s) => [s.file, importsOf(withoutTypes(s)).map((i) => i.target)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

describe('walls', () => {
  const walls: { what: string; pattern: RegExp; allowed: (source: Source) => boolean }[] = [
    { what: 'fastify only in http', pattern: /from 'fastify'/, allowed: (s) => s.room === 'http' },
    {
      what: 'https and tls only in registry',
      pattern: /from 'node:(?:https|tls)'/,
      allowed: (s) => s.room === 'registry',
    },
    { what: 'koffi only in native', pattern: /from 'koffi'/, allowed: (s) => s.room === 'native' },
    {
      what: 'child_process only in runner (and cli, which starts the server in the background and editors)',
      pattern: /node:child_process/,
      allowed: (s) => s.room === 'runner' || s.room === 'cli',
    },
    {
      what: 'process.env only in config',
      pattern: /process\.env\b/,
      allowed: (s) => s.room === 'config' || s.file === 'main.ts',
    },
    { what: 'console only in cli', pattern: /\bconsole\./, allowed: (s) => s.room === 'cli' },
    { what: 'commander only in cli', pattern: /from 'commander'/, allowed: (s) => s.room === 'cli' },
    {
      what: 'no dialect in the engine',
      pattern: /\b(ollama|openai|anthropic)\b/i,
      allowed: (s) => s.room !== 'engine' && s.room !== 'native',
    },
    {
      what: 'no JSON, template or regular expression in the step loop',
      pattern: /JSON\.|RegExp|\.match\(|\.replace\(/,
      allowed: (s) => s.file !== 'engine/loop.ts',
    },
  ];
  it.each(walls)('$what', ({ pattern, allowed }) => {
    const broken = sources
      .filter((s) => !allowed(s) && pattern.test(withoutComments(s.text)))
      .map((s) => s.file);
    expect(broken).toEqual([]);
  });
});
