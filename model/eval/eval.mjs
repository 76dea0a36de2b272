// The evaluation of cria-mini through a running server: `node model/eval/eval.mjs [URL] [MODEL] [--verbose] [--only core|heldout]`.
// Sends each request of core.json and heldout.json as it stands (temperature 0), prints a table, and exits with 1 when a bar is missed.
import { readFile } from 'node:fs/promises';

const args = process.argv.slice(2);
const verbose = args.includes('--verbose');
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
const [urlArg, modelArg] = args.filter((a, i) => !a.startsWith('--') && args[i - 1] !== '--only');
const host = urlArg ?? process.env.OLLAMA_HOST ?? '127.0.0.1:11434';
const url = (host.includes('://') ? host : `http://${host.replace(/^0\.0\.0\.0/, '127.0.0.1')}`).replace(/\/$/, '');
const model = modelArg ?? 'cria-mini';
const parallel = Number(process.env.EVAL_PARALLEL ?? 2);

/** Shares of a row that must be right; rows not named here are told, not judged. */
const bars = {
  core: { 'all of the core set': 98 },
  heldout: {
    'known question, new frame': 90,
    'new wording': 60,
    'JSON is valid': 95,
    'right tool of 3 or 4': 90,
    'known tool, unseen values': 50,
    'thinking obeyed': 95,
    'ends by itself': 95,
  },
};

const load = async (name) => JSON.parse(await readFile(new URL(`./${name}.json`, import.meta.url), 'utf8'));

async function ask(item) {
  const body = {
    model,
    stream: false,
    ...item.request,
    options: { temperature: 0, num_predict: 200, num_ctx: 1024, ...item.request.options },
  };
  const response = await fetch(`${url}/api/${item.kind}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${item.id}: HTTP ${response.status} ${await response.text()}`);
  const reply = await response.json();
  const message = item.kind === 'chat' ? reply.message : { content: reply.response, thinking: reply.thinking };
  return {
    text: (message.content ?? '').trim(),
    thinking: (message.thinking ?? '').trim(),
    calls: (message.tool_calls ?? []).map((c) => ({ name: c.function.name, arguments: c.function.arguments })),
    doneReason: reply.done_reason,
    raw: message,
  };
}

const same = (a, b) => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => Object.hasOwn(b, k) && same(a[k], b[k]));
};
const parseJson = (text) => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

const checks = {
  text: (want, got) => got.text === want.trim(),
  contains: (want, got) => got.text.toLowerCase().includes(want.toLowerCase()),
  starts: (want, got) => got.text.startsWith(want),
  sentences: (want, got) => (got.text.match(/[.!?](\s|$)/g) ?? []).length >= want,
  tool_calls: (want, got) => same(got.calls, want),
  // A call whose arguments do not parse still names its tool, in the text.
  tool_names: (want, got) =>
    same(got.calls.length > 0 ? got.calls.map((c) => c.name) : [/"name": "([^"]*)"/.exec(got.text)?.[1]], want),
  json: (want, got) => same(parseJson(got.text)?.value, want),
  valid_json: (_, got) => parseJson(got.text) !== undefined,
};

function judge(expect, got) {
  return {
    answer: Object.entries(checks).every(([key, check]) => !(key in expect) || check(expect[key], got)),
    thinking: expect.thinking === undefined ? undefined : got.thinking !== '' === expect.thinking,
    ended: expect.done_reason === undefined ? undefined : got.doneReason === expect.done_reason,
  };
}

const failed = [];
for (const name of ['core', 'heldout']) {
  if (only !== undefined && only !== name) continue;
  const items = await load(name);
  const results = new Array(items.length);
  let next = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next < items.length) {
        const at = next++;
        const got = await ask(items[at]);
        results[at] = { ...judge(items[at].expect, got), got };
      }
    }),
  );
  const rows = new Map();
  const count = (row, ok) => {
    if (ok === undefined) return;
    const r = rows.get(row) ?? { n: 0, right: 0 };
    r.n++;
    if (ok) r.right++;
    rows.set(row, r);
  };
  const last = [];
  items.forEach((item, i) => {
    const { answer, thinking, ended, got } = results[i];
    // Of the core set everything must hold at once; held-out rows look at one thing each.
    const ok = name === 'core' ? answer && thinking !== false && ended !== false : answer;
    count(item.category, ok);
    if (item.expect.json_also !== undefined) count('JSON is exact', same(parseJson(got.text)?.value, item.expect.json_also));
    last.push(['all of the ' + (name === 'core' ? 'core set' : 'held-out set'), ok], ['thinking obeyed', thinking], ['ends by itself', ended]);
    if (verbose && !ok) console.error(`${item.id}: ${JSON.stringify(item.expect)}\n  got ${JSON.stringify(got.raw)} ${got.doneReason}`);
  });
  for (const order of [0, 1, 2]) last.filter((_, i) => i % 3 === order).forEach(([row, ok]) => count(row, ok));
  console.log(`\n| ${name === 'core' ? 'Core set' : 'Held out'} | n | right | % | bar |\n| --- | --: | --: | --: | --: |`);
  for (const [row, { n, right }] of rows) {
    const percent = (100 * right) / n;
    const bar = bars[name][row];
    if (bar !== undefined && percent < bar) failed.push(`${row}: ${percent.toFixed(1)} % of ${bar} %`);
    console.log(`| ${row} | ${n} | ${right} | ${percent.toFixed(1)} | ${bar === undefined ? '' : `${bar}${percent < bar ? ' (missed)' : ''}`} |`);
  }
}
if (failed.length > 0) {
  console.log(`\nMissed: ${failed.join('; ')}`);
  process.exitCode = 1;
}
