import { make } from "../dom.js";
import { derive } from "./derive.js";
import { Keyring } from "./keyring.js";
import { KeysView } from "./keys-view.js";
import { exchange, KEY_NAME, takeReturn } from "./openrouter.js";
import { storageOfPage, Vault } from "./vault.js";

/**
 * The keys: the panel in their drawer, what the button of the drawer tells about them, and the sign-in that has brought the
 * user back to this page.
 * @param {{panel: HTMLElement, button: HTMLElement, open: () => void}} place
 * @param {import("../workbench.js").Workbench} workbench
 */
export function keysRoom({ panel, button, open }, workbench) {
  const keyring = new Keyring();
  const vault = new Vault(keyring, derive, storageOfPage());
  const view = new KeysView(panel, keyring, vault, (address) => location.assign(address));
  const badge = make("span", { class: "key-badge" });
  badge.ariaHidden = "true"; // the description has it in words
  button.append(" ", badge);
  const count = () => {
    const { length } = keyring.names;
    const isLocked = vault.state === "locked";
    badge.textContent = isLocked ? "locked" : String(length || "");
    button.setAttribute("aria-description", isLocked ? "Remembered keys are locked" : `${length} set`);
  };
  keyring.addEventListener("change", () => {
    count();
    workbench.setKeys(keyring.env);
  });
  vault.addEventListener("change", count);
  addEventListener("storage", (event) => void vault.follow(event));
  workbench.subscribe({
    missingKeys: (missing, runs) =>
      view.need(
        missing.map(({ name }) => name),
        runs,
      ),
  });
  count();
  void finishSignIn(keyring, view, open);
  return view;
}

/**
 * @param {Keyring} keyring
 * @param {KeysView} view
 * @param {() => void} open
 */
async function finishSignIn(keyring, view, open) {
  const returned = takeReturn(location.href, sessionStorageOfPage());
  if (!returned) return;
  history.replaceState(history.state, "", returned.clean); // the code leaves the address before anything else
  open();
  const { back } = returned;
  if ("problem" in back) return view.signedIn(back.problem);
  view.signedIn("Signing in to OpenRouter…");
  try {
    keyring.set(KEY_NAME, await exchange(back));
    view.signedIn("Signed in: OpenRouter gave this tab a key.");
  } catch (thrown) {
    view.signedIn(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function sessionStorageOfPage() {
  try {
    return sessionStorage;
  } catch {
    return null; // blocked
  }
}
