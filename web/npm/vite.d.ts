/**
 * A plugin for Vite: serves the files of this package in dev and preview, copies them into the build, and sets
 * `assetBase`, so that `import { createRuntime } from "sparewheel"` needs no options.
 */
export default function sparewheel(options?: {
  /** Where the files are below the site's base. Default: "sparewheel". */
  folder?: string;
}): {
  name: string;
};
