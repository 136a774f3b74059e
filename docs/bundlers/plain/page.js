import { createRuntime } from "./sparewheel/sparewheel.js";
import { answer } from "./answer.js";

answer(createRuntime());
