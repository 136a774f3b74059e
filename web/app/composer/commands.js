// The commands of the agent file and the prompts of its MCP servers, found by what is typed after a slash. No DOM here.

/**
 * @typedef {import("../../sparewheel.js").Session["commands"]} Commands
 * @typedef {import("../../sparewheel.js").ServerPrompt} ServerPrompt
 * @typedef {object} Command
 * @property {string} name Without the slash.
 * @property {string} about What a menu shows beside it.
 * @property {string} prompt What it sends; "" if it opens an address.
 * @property {string} url https or http; "" if it sends a prompt.
 * @property {string} agent The agent that gets the prompt; "" for the one that is asked anyway.
 * @property {ServerPrompt | null} of The prompt of a server that it is.
 */

const MAX_SHOWN = 50;
const TYPED = /^\/(\S*)$/;

/**
 * The commands that fit what is typed, those that begin with it first; null if no command is being typed.
 * @param {string} text
 * @param {Commands} commands
 * @param {readonly ServerPrompt[]} prompts
 * @returns {Command[] | null}
 */
export function commandsFor(text, commands, prompts = []) {
  const typed = TYPED.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return null;
  const all = Object.entries(commands).map(([name, command]) => known(name, command));
  const usable = [...all.filter(({ prompt, url }) => prompt !== "" || url !== ""), ...prompts.map(ofServer)];
  const first = usable.filter(({ name }) => name.toLowerCase().startsWith(typed));
  const others = usable.filter((each) => !first.includes(each) && `${each.name} ${each.about}`.toLowerCase().includes(typed));
  return [...first, ...others].slice(0, MAX_SHOWN);
}

/**
 * @param {string} name
 * @param {Commands[string]} command
 * @returns {Command}
 */
function known(name, { description = "", instruction = "", agent = "", url = "" }) {
  const address = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? url : "";
  return {
    name,
    about: (description || instruction || address).slice(0, 200),
    prompt: address ? "" : instruction,
    url: address,
    agent,
    of: null,
  };
}

/**
 * @param {ServerPrompt} of
 * @returns {Command}
 */
function ofServer(of) {
  const { server, name, description } = of;
  return {
    name: `${server}:${name}`,
    about: description.slice(0, 200) || `Prompt of ${server}`,
    prompt: "",
    url: "",
    agent: "",
    of,
  };
}
