// The models that the page offers by name, with the vendors' prices. Loaded when a chain is edited. No DOM here.

/** @typedef {{name: string, window: number | null, input: number, output: number}} Model Dollars for a million tokens. */

/** @type {Promise<Map<string, Model>> | null} */
let loading = null;

/** The models by name, `provider/model`. Rejects if the file does not load; the next call tries again. */
export function catalogue() {
  loading ??= load();
  loading.catch(() => (loading = null));
  return loading;
}

async function load() {
  const response = await fetch(new URL("../app/agents/models.json", import.meta.url));
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  return read(await response.json());
}

/**
 * @param {{models: [string, number | null, number, number][]}} file
 * @returns {Map<string, Model>}
 */
export function read({ models }) {
  return new Map(models.map(([name, window, input, output]) => [name, { name, window, input, output }]));
}

/**
 * What a person chooses a model by.
 * @param {Model | undefined} model
 */
export function factsOf(model) {
  if (!model) return "";
  const { window, input, output } = model;
  const room = window ? `${short(window)} tokens · ` : "";
  return `${room}$${input} in, $${output} out a million`;
}

/** @param {number} count */
function short(count) {
  return count >= 1_000_000 ? `${Math.round(count / 100_000) / 10} M` : `${Math.round(count / 1000)} k`;
}
