/**
 * Let this page have one frame only, that of the code sandbox, by its exact address: a frame could otherwise go to any
 * address of this host. The page's own policy cannot name the address, which is not known when the page is built.
 */
export function allowOnlySandboxFrame() {
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = `frame-src ${new URL("../sandbox.html", import.meta.url).href}`;
  document.head.append(meta);
}
