import { BUILD } from "../sparewheel.js";
import { BUILD as OWN } from "../boot/build.js";

/** Whether the page, its scripts and the runtime's are of one build: a deploy may have come between them. */
export function isOneBuild() {
  const page = document.querySelector('meta[name="build"]')?.getAttribute("content");
  return page === OWN && OWN === BUILD;
}
