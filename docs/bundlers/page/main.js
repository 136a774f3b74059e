import { createRuntime } from "sparewheel";
import { answer } from "./answer.js";

answer(createRuntime({ assetBase: "/sparewheel/" })); // where `npx sparewheel copy` has put the files
