// The page that a driver loads: it has nothing but the embed API, where the driver finds it.

import { createRuntime } from "./sparewheel.js";

Object.assign(globalThis, { createRuntime });
