// The providers that take a key: how it is named, recognized, checked, and where one gets it. No DOM here.
// Sources: the providers' API references. `tests/web/test_key_providers.py` compares this table with the runtime's.

import { label } from "../visible.js";

/**
 * @typedef {object} Check A small request that costs nothing and needs the key.
 * @property {string} url
 * @property {"bearer" | "x-api-key" | "x-goog-api-key"} [header] Which header has the key; default: `Authorization: Bearer`.
 * @property {Record<string, string>} [more] Further headers.
 * @property {boolean} [open] The list may be public: then an answer proves nothing, and it is asked without a key as well.
 *
 * @typedef {object} Provider
 * @property {string} id Its name in the runtime's table.
 * @property {string} title
 * @property {string} name The name of its key in agent files.
 * @property {string[]} [moreNames] Other names of the same key.
 * @property {string} page Where one gets a key.
 * @property {RegExp} [shape] How its keys begin.
 * @property {Check} [check] Unset: there is no request that costs nothing.
 */

/** @type {readonly Provider[]} The best known ones first. */
export const PROVIDERS = [
  {
    id: "openai",
    title: "OpenAI",
    name: "OPENAI_API_KEY",
    page: "https://platform.openai.com/api-keys",
    shape: /^sk-(?:proj|svcacct|admin|None)-|^sk-[A-Za-z0-9]{20}T3BlbkFJ/,
    check: { url: "https://api.openai.com/v1/models" },
  },
  {
    id: "anthropic",
    title: "Anthropic",
    name: "ANTHROPIC_API_KEY",
    page: "https://console.anthropic.com/settings/keys",
    shape: /^sk-ant-/,
    check: {
      url: "https://api.anthropic.com/v1/models?limit=1",
      header: "x-api-key",
      more: { "anthropic-version": "2023-06-01", "anthropic-dangerous-direct-browser-access": "true" },
    },
  },
  {
    id: "google",
    title: "Google",
    name: "GOOGLE_API_KEY",
    moreNames: ["GEMINI_API_KEY"],
    page: "https://aistudio.google.com/apikey",
    shape: /^AIza[A-Za-z0-9_-]{20}|^ya29\./,
    check: { url: "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1", header: "x-goog-api-key" },
  },
  {
    id: "openrouter",
    title: "OpenRouter",
    name: "OPENROUTER_API_KEY",
    page: "https://openrouter.ai/settings/keys",
    shape: /^sk-or-/,
    check: { url: "https://openrouter.ai/api/v1/key" }, // its list of models is public
  },
  {
    id: "mistral",
    title: "Mistral",
    name: "MISTRAL_API_KEY",
    page: "https://console.mistral.ai/api-keys",
    check: { url: "https://api.mistral.ai/v1/models" },
  },
  {
    id: "groq",
    title: "Groq",
    name: "GROQ_API_KEY",
    page: "https://console.groq.com/keys",
    shape: /^gsk_[A-Za-z0-9]{20}/,
    check: { url: "https://api.groq.com/openai/v1/models" },
  },
  {
    id: "deepseek",
    title: "DeepSeek",
    name: "DEEPSEEK_API_KEY",
    page: "https://platform.deepseek.com/api_keys",
    shape: /^sk-[0-9a-f]{32}$/,
    check: { url: "https://api.deepseek.com/v1/models" },
  },
  {
    id: "xai",
    title: "xAI",
    name: "XAI_API_KEY",
    page: "https://console.x.ai",
    shape: /^xai-[A-Za-z0-9]{20}/,
    check: { url: "https://api.x.ai/v1/models" },
  },
  {
    id: "together",
    title: "Together",
    name: "TOGETHER_API_KEY",
    page: "https://api.together.ai/settings/api-keys",
    shape: /^tgp_v1_[A-Za-z0-9_-]{20}/,
    check: { url: "https://api.together.xyz/v1/models" },
  },
  {
    id: "cerebras",
    title: "Cerebras",
    name: "CEREBRAS_API_KEY",
    page: "https://cloud.cerebras.ai",
    shape: /^csk-[A-Za-z0-9]{20}/,
    check: { url: "https://api.cerebras.ai/v1/models" },
  },
  {
    id: "fireworks",
    title: "Fireworks",
    name: "FIREWORKS_API_KEY",
    page: "https://app.fireworks.ai/settings/users/api-keys",
    shape: /^fw_[A-Za-z0-9]{20}/,
    check: { url: "https://api.fireworks.ai/inference/v1/models" },
  },
  {
    id: "moonshot",
    title: "Moonshot",
    name: "MOONSHOT_API_KEY",
    page: "https://platform.moonshot.ai/console/api-keys",
    check: { url: "https://api.moonshot.ai/v1/models" },
  },
  {
    id: "huggingface",
    title: "Hugging Face",
    name: "HF_TOKEN",
    moreNames: ["HUGGINGFACE_API_KEY"],
    page: "https://huggingface.co/settings/tokens",
    shape: /^hf_[A-Za-z0-9]{20}/,
    check: { url: "https://router.huggingface.co/v1/models", open: true },
  },
  {
    id: "nvidia",
    title: "NVIDIA",
    name: "NVIDIA_API_KEY",
    page: "https://build.nvidia.com/settings/api-keys",
    shape: /^nvapi-[A-Za-z0-9_-]{20}/,
    check: { url: "https://integrate.api.nvidia.com/v1/models", open: true },
  },
  {
    id: "nebius",
    title: "Nebius",
    name: "NEBIUS_API_KEY",
    page: "https://studio.nebius.com",
    check: { url: "https://api.studio.nebius.com/v1/models", open: true },
  },
  {
    id: "vercel",
    title: "Vercel AI Gateway",
    name: "AI_GATEWAY_API_KEY",
    page: "https://vercel.com/docs/ai-gateway",
    check: { url: "https://ai-gateway.vercel.sh/v1/credits" }, // its list of models is public
  },
  {
    id: "cloudflare-workers-ai",
    title: "Cloudflare",
    name: "CLOUDFLARE_API_TOKEN",
    page: "https://dash.cloudflare.com/profile/api-tokens",
    check: { url: "https://api.cloudflare.com/client/v4/user/tokens/verify" },
  },
  { id: "azure", title: "Azure", name: "AZURE_API_KEY", moreNames: ["AZURE_OPENAI_API_KEY"], page: "https://ai.azure.com" },
  {
    id: "requesty",
    title: "Requesty",
    name: "REQUESTY_API_KEY",
    page: "https://app.requesty.ai/api-keys",
    check: { url: "https://router.requesty.ai/v1/models", open: true },
  },
  {
    id: "atlascloud",
    title: "Atlas Cloud",
    name: "ATLASCLOUD_API_KEY",
    page: "https://www.atlascloud.ai",
    check: { url: "https://api.atlascloud.ai/v1/models", open: true },
  },
  {
    id: "minimax",
    title: "MiniMax",
    name: "MINIMAX_API_KEY",
    page: "https://platform.minimax.io",
    check: { url: "https://api.minimax.io/v1/models", open: true },
  },
  {
    id: "baseten",
    title: "Baseten",
    name: "BASETEN_API_KEY",
    page: "https://app.baseten.co/settings/api_keys",
    check: { url: "https://inference.baseten.co/v1/models", open: true },
  },
  {
    id: "ovhcloud",
    title: "OVHcloud",
    name: "OVH_AI_ENDPOINTS_ACCESS_TOKEN",
    page: "https://endpoints.ai.cloud.ovh.net",
    check: { url: "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1/models", open: true },
  },
  {
    id: "opencode-zen",
    title: "OpenCode Zen",
    name: "OPENCODE_API_KEY",
    page: "https://opencode.ai/auth",
    check: { url: "https://opencode.ai/zen/v1/models", open: true },
  },
];

// What build tools and second keys add to the name of a variable.
const ADDED = /^(?:VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC)_|_?\d+$/g;

/**
 * The provider whose key has this name.
 * @param {string} name
 */
export function providerNamed(name) {
  const of = (/** @type {string} */ key) => PROVIDERS.find((each) => each.name === key || each.moreNames?.includes(key));
  return of(name) ?? of(name.toUpperCase().replace(ADDED, ""));
}

/**
 * The provider whose keys look like this value.
 * @param {string} value
 */
export function providerOf(value) {
  return PROVIDERS.find(({ shape }) => shape?.test(value));
}

/**
 * The names of keys as people call them: "Anthropic, OpenAI and Google".
 * @param {string[]} names
 */
export function titlesOf(names) {
  const titles = [...new Set(names.map((name) => providerNamed(name)?.title ?? label(name)))];
  const last = titles.pop() ?? "";
  return titles.length ? `${titles.join(", ")} and ${last}` : last;
}
