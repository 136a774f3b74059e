// What the scripts of a build belong to. The build fills both in (runtime/bundle/stamp.py).

/** The id of the build, which every script of it and its pages carry. */
export const BUILD = "{{build}}";

/** The SHA-256 of its pyodide-lock.json, in hex. */
export const LOCK_SHA256 = "{{lock}}";
