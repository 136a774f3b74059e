import sparewheel from "sparewheel/vite";
import { defineConfig } from "vite";

export default defineConfig({ plugins: [sparewheel()] });
