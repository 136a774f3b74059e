// node compress.mjs LIST: LIST is a JSON file with [source, target, brotli quality] for each file to compress; writes
// target.br and target.gz.

import { readFile, rename, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** @type {[string, string, number][]} */
const list = JSON.parse(await readFile(/** @type {string} */ (process.argv[2]), "utf8"));

await Promise.all(
  list.map(async ([source, target, quality]) => {
    const content = await readFile(source);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    await put(`${target}.br`, await promisify(brotliCompress)(content, { params }));
    await put(`${target}.gz`, await promisify(gzip)(content, { level: 9 }));
  }),
);

/**
 * A file that is there is complete.
 * @param {string} path
 * @param {Uint8Array} content
 */
async function put(path, content) {
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}
