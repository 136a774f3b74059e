// Marks that reorder text (https://trojansource.codes): in code, and those that overrule the direction of letters anywhere.

const IN_CODE = /[\u202A-\u202E\u2066-\u2069]/g;

/**
 * Code in the order in which it is run.
 * @param {string} text
 */
export function inOrder(text) {
  return text.replace(IN_CODE, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);
}
