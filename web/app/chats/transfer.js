// Conversations as files.

/** Bytes of a file that may be imported. */
const MAX_BYTES = 50_000_000;

/**
 * Save a conversation: the browser downloads it.
 * @param {import("../../sparewheel.js").Runtime} runtime
 * @param {{id: string, title: string}} row
 * @param {"json" | "markdown"} format
 */
export async function save(runtime, { id, title }, format) {
  const content = await runtime.sessions.export(id, { format });
  const text = typeof content === "string" ? content : `${JSON.stringify(content, null, 1)}\n`;
  const blob = new Blob([text], { type: format === "json" ? "application/json" : "text/markdown" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${fileName(title)}.${format === "json" ? "json" : "md"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // when the download has begun
}

/**
 * The title as a name that is a file's everywhere.
 * @param {string} title
 */
export function fileName(title) {
  const name = title
    .normalize("NFC")
    .replace(/[^\p{L}\p{M}\p{N} _-]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return [...name].slice(0, 60).join("").trim() || "conversation";
}

/**
 * Import a file.
 * @param {import("../../sparewheel.js").Runtime} runtime
 * @param {Pick<File, "size" | "text">} file
 * @returns {Promise<import("../../sparewheel.js").SessionRow>} Rejects with what to tell the user.
 */
export async function load(runtime, file) {
  if (file.size > MAX_BYTES) throw new Error("it is larger than 50 MB");
  const text = await file.text().catch(() => {
    throw new Error("the browser cannot read it");
  });
  return runtime.sessions.import(text);
}
