import { createRuntime } from "sparewheel";
import { answer } from "./answer.js";

answer(createRuntime()); // the plugin sets where its files are
