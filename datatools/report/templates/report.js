for (const pre of document.querySelectorAll("pre.snippet")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () =>
    navigator.clipboard.writeText(pre.textContent).then(
      () => { button.textContent = "Copied"; },
      () => { getSelection().selectAllChildren(pre); button.textContent = "Selected: press Ctrl+C"; }));
  pre.before(button);
}
