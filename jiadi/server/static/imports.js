// One import: its progress without reloading, and uploads in pieces that a broken connection does not lose. Pages work without it.
"use strict";
(() => {
  const PIECE = 4 * 1024 * 1024, TRIES = 8;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  const watched = document.querySelector("[data-progress]");
  async function watch() {
    for (;;) {
      await wait(2000);
      try {
        const answer = await fetch(watched.dataset.progress, { headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) return location.reload();
        const told = await answer.json();
        if (told.state !== watched.dataset.state) return location.reload();
        watched.querySelector(".stage").textContent = told.stage;
        watched.querySelector(".share").textContent = `${told.percent}%`;
        watched.querySelector("progress").value = told.percent;
      } catch { /* the network is away; it comes back */ }
    }
  }
  if (watched) watch();

  const form = document.querySelector("form[data-uploads]");
  if (!form) return;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const sent = form.querySelector(".sent");
  const key = (file) => `upload ${form.dataset.uploads} ${file.name} ${file.size} ${file.lastModified}`;

  async function ask(address, method, headers, body) {
    return fetch(address, { method, headers: { "X-CSRFToken": token, ...headers }, body });
  }
  async function place(file) {
    const known = sessionStorage.getItem(key(file));
    if (known) {
      const answer = await ask(known, "HEAD", {});
      if (answer.ok && !answer.redirected) return [known, Number(answer.headers.get("Upload-Offset"))];
      sessionStorage.removeItem(key(file));
    }
    const answer = await ask(form.dataset.uploads, "POST", { "Upload-Length": file.size, "Upload-Name": encodeURIComponent(file.name) });
    if (!answer.ok) return [null, answer];
    const address = answer.headers.get("Location");
    sessionStorage.setItem(key(file), address);
    return [address, 0];
  }
  async function upload(file, bar) {
    let failures = 0;
    for (;;) {
      try {
        let [address, at] = await place(file);
        if (address === null) return at;
        while (at < file.size) {
          const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": at };
          const answer = await ask(address, "PATCH", headers, file.slice(at, at + PIECE));
          if (answer.status === 409) break; // another place than we believed: asked anew
          if (!answer.ok) { if (answer.status < 500 || answer.status === 507) return answer; throw new Error("server"); }
          at = Number(answer.headers.get("Upload-Offset"));
          failures = 0;
          bar.value = at / file.size;
        }
        if (at >= file.size) { sessionStorage.removeItem(key(file)); return null; }
        if (++failures > TRIES) throw new Error("offset");
      } catch (error) {
        if (++failures > TRIES) throw error;
        await wait(Math.min(500 * 2 ** failures, 15000));
      }
    }
  }
  async function words(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    return [...main.querySelectorAll("h1, p:not(.small):not(:has(a))")].map((one) => one.textContent.trim()).join(" ");
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    sent.replaceChildren();
    let whole = true;
    for (const file of form.querySelector("[type=file]").files) {
      const line = document.createElement("p"), bar = document.createElement("progress");
      line.append(file.name + " ", bar);
      bar.max = 1; bar.value = 0;
      sent.append(line);
      try {
        const refused = await upload(file, bar);
        if (refused) { whole = false; bar.remove(); line.className = "fault"; line.append(await words(refused)); }
      } catch { whole = false; bar.remove(); line.className = "fault"; line.append(form.dataset.failed); }
    }
    button.disabled = false;
    if (whole) location.reload();
  });
})();
