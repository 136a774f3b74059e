/**
 * Whether JavaScript has just this number, so that it writes the same number again.
 * @param {string} literal As in JSON.
 */
export function isExact(literal) {
  const value = Number(literal);
  return Number.isFinite(value) && digits(literal) === digits(String(value));
}

/** @param {string} literal */
function digits(literal) {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(literal) ?? [];
  const all = `${whole}${fraction}`.replace(/^0+/, "");
  const short = all.replace(/0+$/, "");
  return short && `${sign === "-" ? sign : ""}${short}e${Number(exponent) - fraction.length + all.length - short.length}`;
}
