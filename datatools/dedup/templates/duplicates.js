"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  if (!find("decided")) return;
  document.documentElement.classList.add("scripted");

  // Decisions: the lines are those of the pressed buttons, in the order in which they were pressed.
  const pressed = new Set();
  let copied = true;
  const field = (text) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = ({ dataset: said }) => [said.decision, said.first, said.second, said.note].map(field).join(",");
  const tell = (text) => { find("told").textContent = text; };

  const press = (button, down) => {
    button.setAttribute("aria-pressed", String(down));
    if (down) pressed.add(button); else pressed.delete(button);
  };
  const rivals = (button) => button.dataset.decision === "keep"
    ? all('[data-decision="keep"]', button.closest(".cluster"))
    : all("button", button.closest(".pair"));
  const show = () => {
    find("lines").value = [...pressed].map((button) => `${line(button)}\n`).join("");
    find("number").textContent = `${pressed.size} ${pressed.size === 1 ? "decision" : "decisions"}`;
    find("decided").hidden = pressed.size === 0;
    copied = pressed.size === 0;
    tell("");
  };
  const decide = (button) => {
    const down = !pressed.has(button);
    rivals(button).forEach((rival) => press(rival, false));
    press(button, down);
    show();
  };
  const clear = () => { [...pressed].forEach((button) => press(button, false)); show(); };

  // A page opened from a file may not reach the clipboard; then the text is selected, and one key copies it.
  const copy = async () => {
    const box = find("lines");
    try {
      await navigator.clipboard.writeText(box.value);
    } catch {
      box.focus();
      box.select();
      if (!document.execCommand("copy")) { tell("selected: press Ctrl+C or ⌘C"); return; }
    }
    copied = true;
    tell("copied: paste at the end of duplicates.csv");
  };

  const filter = () => {
    const text = find("filter").value.trim().toLowerCase();
    const clusters = all(".cluster");
    clusters.forEach((one) => { one.hidden = !one.dataset.search.includes(text); });
    const seen = clusters.filter((one) => !one.hidden).length;
    all("main > section").forEach((one) => { one.hidden = !one.querySelector(".cluster:not([hidden])"); });
    find("matching").textContent = text ? `${seen} of ${clusters.length}` : "";
    find("nothing").hidden = seen > 0;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-decision]");
    if (button) decide(button);
  });
  find("filter").addEventListener("input", filter);
  find("copy").addEventListener("click", copy);
  find("clear").addEventListener("click", clear);
  addEventListener("beforeunload", (event) => { if (!copied) event.preventDefault(); });
  filter();
})();
