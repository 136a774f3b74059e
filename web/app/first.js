// A classic script, for a visitor who has opened the page as a file: browsers load no modules from files, so nothing else
// of the page runs then.

if (location.protocol === "file:") {
  addEventListener("DOMContentLoaded", () => {
    const status = document.getElementById("status");
    const told = document.getElementById("from-file");
    if (!status || !told) return;
    status.dataset["state"] = "error";
    status.textContent = "Cannot run from a file";
    told.hidden = false;
  });
}
