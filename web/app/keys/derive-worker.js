// Derives a key from a passphrase: a worker of its own, because it computes for half a second and the page must not wait.
// Its message is `{passphrase, kdf}`, its answer the 32 bytes, or the text of an error.

import { fromBase64 } from "./sealing.js";

addEventListener("message", async ({ data: { passphrase, kdf } }) => {
  try {
    // Untyped, so that types can be checked without the package.
    const { default: library } = await import(/** @type {any} */ ("hash-wasm/dist/argon2.umd.min.js"));
    const { memory: memorySize, iterations, parallelism } = kdf;
    const options = { password: passphrase, salt: fromBase64(kdf.salt), memorySize, iterations, parallelism };
    postMessage(await library.argon2id({ ...options, hashLength: 32, outputType: "binary" }));
  } catch (thrown) {
    postMessage(String(thrown));
  }
});
